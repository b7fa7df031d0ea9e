package tagseal.binary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tagseal.binary.ComponentWiring.Interface;
import tagseal.binary.CoreItem.ResourceDrop;
import tagseal.binary.CoreItem.ResourceNew;
import tagseal.binary.CoreItem.ResourceRepresentation;
import tagseal.binary.Scope.ComponentInstance;
import tagseal.binary.Scope.Template;

/**
 * Reads a component, section by section, and follows every index to what it stands for.
 *
 * <p>Components within it are read when they are instantiated, with what they are given for their imports. So all that is
 * left in the end are core modules, and which export of which instance is whose import.
 */
final class ComponentReader {
    private static final byte[] COMPONENT = {0, 'a', 's', 'm', 13, 0, 1, 0};
    private static final byte[] CORE_MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};

    /** The most instances that are made of components and of core modules. */
    private static final int MAX_INSTANCES = 100;

    private final List<byte[]> modules = new ArrayList<>();
    private final List<CoreInstantiation> instantiations = new ArrayList<>();
    private int instances;
    /** Bytes that all core modules may take, those of components that are instantiated again included. */
    private int room;

    ComponentWiring read(byte[] bytes) {
        ByteReader in = new ByteReader(bytes);
        room = bytes.length;
        checkPreamble(in);
        List<String> imports = imports(in.again());
        if (!imports.isEmpty()) {
            return new ComponentWiring(imports, List.of(), List.of(), Map.of());
        }
        Map<String, Object> exports = component(in, new Scope(Optional.empty()), Map.of());
        Map<String, Interface> interfaces = new LinkedHashMap<>();
        exports.forEach((name, item) -> {
            if (item instanceof ComponentInstance instance) {
                interfaces.put(name, offer(instance));
            }
        });
        return new ComponentWiring(imports, modules, instantiations, interfaces);
    }

    /** The names of what the outermost component imports. */
    private static List<String> imports(ByteReader in) {
        List<String> names = new ArrayList<>();
        while (!in.isAtEnd()) {
            int id = in.u8();
            ByteReader section = in.part(in.u32());
            if (id == 10) {
                section.each(() -> {
                    names.add(DeclarationReader.externalName(section));
                    DeclarationReader.externalType(section);
                });
            }
        }
        return names;
    }

    private static void checkPreamble(ByteReader in) {
        byte[] preamble = in.again().part(COMPONENT.length).rest();
        if (Arrays.equals(preamble, CORE_MODULE)) {
            throw new MalformedComponentException("a core module; build it for a target of the component model");
        }
        if (!Arrays.equals(preamble, COMPONENT)) {
            throw new MalformedComponentException("it does not start as one");
        }
        in.part(COMPONENT.length);
    }

    private static Interface offer(ComponentInstance instance) {
        Map<String, LiftedFunction> functions = new LinkedHashMap<>();
        Map<String, ResourceType> resources = new LinkedHashMap<>();
        instance.exports().forEach((name, item) -> {
            if (item instanceof LiftedFunction function) {
                functions.put(name, function);
            } else if (item instanceof ResourceType resource) {
                resource.rename(name);
                resources.put(name, resource);
            }
        });
        return new Interface(functions, resources);
    }

    /** Reads a component, which is given arguments for its imports, and gives its exports. */
    private Map<String, Object> component(ByteReader in, Scope scope, Map<String, Object> arguments) {
        Map<String, Object> exports = new LinkedHashMap<>();
        while (!in.isAtEnd()) {
            int id = in.u8();
            ByteReader section = in.part(in.u32());
            switch (id) {
                case 0 -> section.name();
                case 1 -> coreModule(section, scope);
                case 2 -> section.each(() -> coreInstance(section, scope));
                case 4 -> {
                    checkPreamble(section);
                    scope.addItem(Sort.COMPONENT, new Template(section, scope));
                }
                case 5 -> section.each(() -> instance(section, scope));
                case 6 -> section.each(() -> alias(section, scope));
                case 7 -> section.each(() -> type(section, scope));
                case 8 -> section.each(() -> canonicalFunction(section, scope));
                case 10 -> section.each(() -> importItem(section, scope, arguments));
                case 11 -> section.each(() -> export(section, scope, exports));
                default -> throw new MalformedComponentException("a section of an unknown kind, " + id);
            }
            if (id >= 2 && id != 4 && !section.isAtEnd()) {
                throw new MalformedComponentException("a section is longer than its content");
            }
        }
        return exports;
    }

    private void coreModule(ByteReader in, Scope scope) {
        byte[] module = in.rest();
        room -= module.length;
        if (room < 0) {
            throw new MalformedComponentException("it instantiates its core modules too often");
        }
        modules.add(module);
        scope.addCoreModule(modules.size() - 1);
    }

    private void coreInstance(ByteReader in, Scope scope) {
        CoreInstance instance =
                switch (in.u8()) {
                    case 0 -> instantiateCore(in, scope);
                    case 1 -> new CoreInstance.Bag(bag(in, scope));
                    default -> throw new MalformedComponentException("a core instance of an unknown kind");
                };
        scope.addCoreInstance(instance);
    }

    private CoreInstance instantiateCore(ByteReader in, Scope scope) {
        countInstance();
        int module = scope.coreModule(in.u32());
        Map<String, CoreInstance> arguments = new HashMap<>();
        in.each(() -> {
            String name = in.name();
            if (in.u8() != 0x12) {
                throw new MalformedComponentException("a core module is given something that is not an instance");
            }
            arguments.put(name, scope.coreInstance(in.u32()));
        });
        instantiations.add(new CoreInstantiation(module, arguments));
        return new CoreInstance.Instantiated(instantiations.size() - 1);
    }

    private static Map<String, CoreItem> bag(ByteReader in, Scope scope) {
        Map<String, CoreItem> items = new HashMap<>();
        in.each(() -> {
            String name = in.name();
            CoreSort sort = CoreSort.read(in.u8());
            items.put(name, scope.coreItem(sort, in.u32()));
        });
        return items;
    }

    private void instance(ByteReader in, Scope scope) {
        Map<String, Object> exports = new LinkedHashMap<>();
        switch (in.u8()) {
            case 0 -> {
                countInstance();
                Template template = Scope.expect(scope.item(Sort.COMPONENT, in.u32()), Template.class);
                Map<String, Object> arguments = items(in, scope);
                Scope inner = new Scope(Optional.of(template.scope()));
                exports.putAll(component(template.content().again(), inner, arguments));
            }
            case 1 -> exports.putAll(items(in, scope));
            default -> throw new MalformedComponentException("an instance of an unknown kind");
        }
        scope.addItem(Sort.INSTANCE, new ComponentInstance(exports));
    }

    private static Map<String, Object> items(ByteReader in, Scope scope) {
        Map<String, Object> items = new LinkedHashMap<>();
        in.each(() -> {
            String name = in.name();
            Sort sort = Sort.read(in.u8());
            items.put(name, scope.item(sort, in.u32()));
        });
        return items;
    }

    private static void alias(ByteReader in, Scope scope) {
        int code = in.u8();
        if (code == 0) {
            coreAlias(in, scope);
        } else {
            alias(in, scope, Sort.read(code));
        }
    }

    private static void coreAlias(ByteReader in, Scope scope) {
        CoreSort sort = CoreSort.read(in.u8());
        if (in.u8() != 1) {
            throw new MalformedComponentException("a core alias of an unknown kind");
        }
        CoreInstance instance = scope.coreInstance(in.u32());
        String name = in.name();
        CoreItem item = instance.item(name)
                .orElseThrow(() -> new MalformedComponentException("a core instance has no `" + name + "`"));
        scope.addCoreItem(sort, item);
    }

    private static void alias(ByteReader in, Scope scope, Sort sort) {
        Object item =
                switch (in.u8()) {
                    case 0 -> exportOf(Scope.expect(scope.item(Sort.INSTANCE, in.u32()), ComponentInstance.class), in);
                    case 2 -> scope.enclosing(in.u32()).item(sort, in.u32());
                    default -> throw new MalformedComponentException("an alias of an unknown kind");
                };
        scope.addItem(sort, item);
    }

    private static Object exportOf(ComponentInstance instance, ByteReader in) {
        String name = in.name();
        return Optional.ofNullable(instance.exports().get(name))
                .orElseThrow(() -> new MalformedComponentException("an instance has no `" + name + "`"));
    }

    private static void type(ByteReader in, Scope scope) {
        int code = in.u8();
        TypeReader types = new TypeReader(
                in,
                index -> Scope.expect(scope.item(Sort.TYPE, index), ValueType.class),
                index -> Scope.expect(scope.item(Sort.TYPE, index), ResourceType.class));
        Object type =
                switch (code) {
                    case 0x3f -> resource(in, scope);
                    case 0x40 -> types.function();
                    case 0x41, 0x42 -> {
                        DeclarationReader.skip(in);
                        yield "the type of an instance or a component";
                    }
                    default -> types.definition(code);
                };
        scope.addItem(Sort.TYPE, type);
    }

    private static ResourceType resource(ByteReader in, Scope scope) {
        if (in.u8() != 0x7f) {
            throw new MalformedComponentException("a resource that is not represented by an i32");
        }
        return new ResourceType(in.optional(() -> scope.coreItem(CoreSort.FUNCTION, in.u32())));
    }

    private static void canonicalFunction(ByteReader in, Scope scope) {
        int code = in.u8();
        switch (code) {
            case 0 -> scope.addItem(Sort.FUNCTION, lift(in, scope));
            case 2 -> scope.addCoreItem(CoreSort.FUNCTION, new ResourceNew(resourceOf(in, scope)));
            case 3 -> scope.addCoreItem(CoreSort.FUNCTION, new ResourceDrop(resourceOf(in, scope)));
            case 4 -> scope.addCoreItem(CoreSort.FUNCTION, new ResourceRepresentation(resourceOf(in, scope)));
            default -> throw new MalformedComponentException("a canonical function of an unknown kind, " + code);
        }
    }

    private static ResourceType resourceOf(ByteReader in, Scope scope) {
        return Scope.expect(scope.item(Sort.TYPE, in.u32()), ResourceType.class);
    }

    private static LiftedFunction lift(ByteReader in, Scope scope) {
        if (in.u8() != 0) {
            throw new MalformedComponentException("a canonical function of an unknown kind");
        }
        CoreItem function = scope.coreItem(CoreSort.FUNCTION, in.u32());
        CanonicalOptions options = CanonicalOptions.read(in, scope);
        FunctionType type = Scope.expect(scope.item(Sort.TYPE, in.u32()), FunctionType.class);
        return new LiftedFunction(type, function, options.memory(), options.realloc(), options.postReturn());
    }

    private static void importItem(ByteReader in, Scope scope, Map<String, Object> arguments) {
        String name = DeclarationReader.externalName(in);
        Sort sort = DeclarationReader.externalType(in)
                .orElseThrow(() -> new MalformedComponentException("a core module is imported"));
        Object argument = Optional.ofNullable(arguments.get(name))
                .orElseThrow(() -> new MalformedComponentException("nothing is given for the import `" + name + "`"));
        scope.addItem(sort, argument);
    }

    private static void export(ByteReader in, Scope scope, Map<String, Object> exports) {
        String name = DeclarationReader.externalName(in);
        Sort sort = Sort.read(in.u8());
        Object item = scope.item(sort, in.u32());
        in.optional(() -> DeclarationReader.externalType(in));
        scope.addItem(sort, item);
        if (exports.put(name, item) != null) {
            throw new MalformedComponentException("two exports are called `" + name + "`");
        }
    }

    private void countInstance() {
        instances++;
        if (instances > MAX_INSTANCES) {
            throw new MalformedComponentException("it makes more than " + MAX_INSTANCES + " instances");
        }
    }
}
