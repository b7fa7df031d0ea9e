package tagseal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;
import tagseal.binary.ComponentWiring;
import tagseal.binary.ComponentWiring.Interface;
import tagseal.binary.LiftedFunction;
import tagseal.binary.MalformedComponentException;
import tagseal.json.JsonException;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;

/**
 * What a component must export, as the table {@code wit/interface.json} says, which is written from the WIT.
 *
 * @param name the name and version of the interface
 * @param resource the name of its resource
 * @param functions its functions
 */
record Contract(String name, String resource, Map<String, Function> functions) {
    private static final FunctionType REALLOC =
            FunctionType.of(List.of(ValType.I32, ValType.I32, ValType.I32, ValType.I32), List.of(ValType.I32));

    /**
     * A function of the contract.
     *
     * @param type its type, with all named types written out
     * @param core the type of the core function
     * @param takesText whether it takes a text
     * @param answersInMemory whether its answer is in memory
     */
    record Function(String type, FunctionType core, boolean takesText, boolean answersInMemory) {}

    private static final class Packaged {
        private static final Contract VALUE = read(PackagedComponent.interfaceTable());
    }

    /** The contract that this library was built for. */
    static Contract packaged() {
        return Packaged.VALUE;
    }

    static Contract read(String table) {
        JsonObject json = JsonReader.read(table).asObject();
        Map<String, Function> functions = new LinkedHashMap<>();
        field(json, "functions")
                .asObject()
                .members()
                .forEach((name, function) -> functions.put(name, function(function.asObject())));
        return new Contract(
                field(json, "interface").asString(), field(json, "resource").asString(), functions);
    }

    /**
     * Gives the interface of the contract, if a component has it.
     *
     * @throws LoadException when it is missing, or lacks something, or has it with another type
     */
    Interface find(ComponentWiring wiring) throws LoadException {
        Interface offered = wiring.interfaces().get(name);
        if (offered == null) {
            throw LoadException.otherInterface(name, List.of(name));
        }
        List<String> missing = new ArrayList<>();
        if (!offered.resources().containsKey(resource)) {
            missing.add(resource);
        }
        functions.forEach((function, wanted) -> {
            LiftedFunction found = offered.functions().get(function);
            if (found == null || !found.type().text().equals(wanted.type())) {
                missing.add(function);
            }
        });
        if (!missing.isEmpty()) {
            throw LoadException.otherInterface(name, missing);
        }
        return offered;
    }

    /** Checks that a component's core functions have the types that the functions of the contract need. */
    void checkCore(Interface offered, ComponentWiring wiring, List<CoreModule> modules) {
        CoreExports exports = new CoreExports(wiring, modules);
        functions.forEach((function, wanted) -> {
            LiftedFunction lifted = offered.functions().get(function);
            exports.check(function, lifted.function(), wanted.core());
            FunctionType postReturn = FunctionType.of(wanted.core().returns(), List.of());
            lifted.postReturn().ifPresent(item -> exports.check(function, item, postReturn));
            lifted.realloc().ifPresent(item -> exports.check(function, item, REALLOC));
            if (wanted.takesText() && lifted.realloc().isEmpty()) {
                throw new MalformedComponentException("`" + function + "` has no function that makes room for a text");
            }
            if (wanted.answersInMemory()
                    && !lifted.memory().map(exports::hasMemory).orElse(false)) {
                throw new MalformedComponentException("`" + function + "` has no memory");
            }
        });
    }

    /** The functions of the contract alone: an interface may have more. */
    Map<String, LiftedFunction> functionsOf(Interface offered) {
        Map<String, LiftedFunction> known = new LinkedHashMap<>(offered.functions());
        known.keySet().retainAll(functions.keySet());
        return known;
    }

    private static Function function(JsonObject json) {
        JsonObject core = field(json, "core").asObject();
        FunctionType type = FunctionType.of(valueTypes(field(core, "params")), valueTypes(field(core, "results")));
        // A function that takes nothing but a policy has one parameter, its representation.
        boolean takesText = type.params().size() > 1;
        return new Function(
                field(json, "type").asString(),
                type,
                takesText,
                field(core, "result-in-memory").asBoolean());
    }

    private static List<ValType> valueTypes(JsonValue names) {
        return names.asList().stream().map(name -> valueType(name.asString())).toList();
    }

    private static ValType valueType(String name) {
        return switch (name) {
            case "i32" -> ValType.I32;
            case "i64" -> ValType.I64;
            case "f32" -> ValType.F32;
            case "f64" -> ValType.F64;
            default -> throw new JsonException("`" + name + "` is not a core type");
        };
    }

    private static JsonValue field(JsonObject json, String key) {
        return json.get(key).orElseThrow(() -> new JsonException("the table has no `" + key + "`"));
    }
}
