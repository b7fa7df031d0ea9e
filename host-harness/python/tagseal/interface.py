"""What a component must export, and the check that it does, before any of its code runs."""

from __future__ import annotations

from wasmtime import Engine
from wasmtime.component import Component, ComponentInstanceType, FuncType, ResourceType
from wasmtime.component import _types as types

from tagseal.errors import LoadError, LoadProblem

#: The interface's name. Its version is a part of it.
INTERFACE = "tagseal:policy/tag-policy@0.2.0"

_RESOURCE = "policy"

_CURRENT = "variant { absent, digest(string), unknown, retired(string) }"
_TAG_WRITE = f"record {{ tag: string, current: {_CURRENT} }}"
_WRITE = f"record {{ repository: string, digest: string, tags: list<{_TAG_WRITE}> }}"
_DELETE_TAG = "record { repository: string, tag: string, remembers: bool }"
_MANIFEST_TAGS = "variant { known(list<string>), unknown }"
_DELETE_MANIFEST = f"record {{ repository: string, digest: string, tags: {_MANIFEST_TAGS}, remembers: bool }}"
_OPERATION = f"variant {{ write({_WRITE}), delete-tag({_DELETE_TAG}), delete-manifest({_DELETE_MANIFEST}) }}"
_EVENT = f"record {{ operation: {_OPERATION}, context: list<tuple<string, string>> }}"
_OUTCOME = "enum { allow, deny }"
_PRECONDITION = "enum { unconditional, absent, unchanged }"
_DECIDED_BY = "code: string, rule: option<u64>, namespace: option<string>, pair: option<u32>"
_TAG_DECISION = f"record {{ tag: string, outcome: {_OUTCOME}, {_DECIDED_BY}, precondition: {_PRECONDITION} }}"
_DECISION = (
    f"record {{ outcome: {_OUTCOME}, {_DECIDED_BY}, revision: u64, message: string, tags: list<{_TAG_DECISION}> }}"
)
_SEVERITY = "enum { problem, warning }"
_DIAGNOSTIC = (
    f"record {{ severity: {_SEVERITY}, pointer: string, line: u32, column: u32, message: string, help: string }}"
)
_REFUSAL = f"record {{ code: string, message: string, rule: option<u64>, diagnostics: list<{_DIAGNOSTIC}> }}"
_CHANGED_RULE = f"record {{ id: u64, rule: option<string>, warnings: list<{_DIAGNOSTIC}> }}"
_CHANGED = f"record {{ document: string, revision: u64, rules: list<{_CHANGED_RULE}> }}"
_CONVERTED = f"record {{ text: string, losses: list<{_DIAGNOSTIC}> }}"

#: The type of each function, fully expanded. A test compares it with the table that is made from the WIT.
FUNCTIONS = {
    "[static]policy.compile": f"(document: string) -> result<own<policy>, list<{_DIAGNOSTIC}>>",
    "[method]policy.evaluate": f"(self: borrow<policy>, event: {_EVENT}) -> {_DECISION}",
    "[method]policy.evaluate-batch": f"(self: borrow<policy>, events: list<{_EVENT}>) -> list<{_DECISION}>",
    "[method]policy.evaluate-json": "(self: borrow<policy>, event: string) -> string",
    "[method]policy.warnings": f"(self: borrow<policy>) -> list<{_DIAGNOSTIC}>",
    "[method]policy.revision": "(self: borrow<policy>) -> u64",
    "[method]policy.explain-json": "(self: borrow<policy>, question: string) -> string",
    "list-rules": f"(document: string, query: string) -> result<string, {_REFUSAL}>",
    "change-rules": f"(document: string, change: string) -> result<{_CHANGED}, {_REFUSAL}>",
    "import-rules": f"(format: string, text: string, options: string) -> result<{_CONVERTED}, {_REFUSAL}>",
    "export-rules": f"(format: string, document: string, options: string) -> result<{_CONVERTED}, {_REFUSAL}>",
}


def check_interface(component: Component, engine: Engine) -> None:
    """Checks that a component imports nothing and exports each function of the contract with its type.

    Raises:
        LoadError: It imports something, or a function is missing or of another type.
    """
    imports = component.type.imports(engine)
    if imports:
        names = ", ".join(f"`{name}`" for name in imports)
        raise LoadError(LoadProblem.IMPORTS, f"the component imports {names}; a policy component imports nothing")
    found = component.type.exports(engine).get(INTERFACE)
    interface = found.ty if found else None
    if not isinstance(interface, ComponentInstanceType):
        message = f"the component does not export `{INTERFACE}`; use one that was built for it"
        raise LoadError(LoadProblem.INTERFACE, message)
    exported = _exported_functions(interface, engine)
    wrong = [name for name, text in FUNCTIONS.items() if exported.get(name) != text]
    if wrong:
        names = ", ".join(f"`{name}`" for name in wrong)
        message = f"the component has another interface: {names} missing or of another type"
        raise LoadError(LoadProblem.INTERFACE, f"{message}; use one that was built for `{INTERFACE}`")


def _exported_functions(interface: ComponentInstanceType, engine: Engine) -> dict[str, str]:
    items = {name: item.ty for name, item in interface.exports(engine).items()}
    resource = items.get(_RESOURCE)
    policy = resource if isinstance(resource, ResourceType) else None
    return {name: _function_text(item, policy) for name, item in items.items() if isinstance(item, FuncType)}


def _function_text(function: FuncType, policy: ResourceType | None) -> str:
    parameters = ", ".join(f"{name}: {_type_text(type_, policy)}" for name, type_ in function.params)
    result = f" -> {_type_text(function.result, policy)}" if function.result else ""
    return f"({parameters}){result}"


def _type_text(type_: types.ValType, policy: ResourceType | None) -> str:
    def text(inner: types.ValType | None) -> str:
        return "_" if inner is None else _type_text(inner, policy)

    def handle(resource: ResourceType) -> str:
        return _RESOURCE if resource == policy else "another resource"

    match type_:
        case types.ListType():
            return f"list<{text(type_.element)}>"
        case types.RecordType():
            return f"record {{ {', '.join(f'{name}: {text(field)}' for name, field in type_.fields)} }}"
        case types.TupleType():
            return f"tuple<{', '.join(text(element) for element in type_.elements)}>"
        case types.VariantType():
            cases = [name if payload is None else f"{name}({text(payload)})" for name, payload in type_.cases]
            return f"variant {{ {', '.join(cases)} }}"
        case types.EnumType():
            return f"enum {{ {', '.join(type_.names)} }}"
        case types.OptionType():
            return f"option<{text(type_.payload)}>"
        case types.ResultType():
            return f"result<{text(type_.ok)}, {text(type_.err)}>"
        case types.OwnType(ty):
            return f"own<{handle(ty)}>"
        case types.BorrowType(ty):
            return f"borrow<{handle(ty)}>"
        case _:
            return type(type_).__name__.lower()
