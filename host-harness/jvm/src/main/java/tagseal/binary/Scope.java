package tagseal.binary;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What one component has defined so far: each kind of thing is numbered from 0. */
final class Scope {
    /** The most things of one kind. A policy component has a few dozen. */
    private static final int MAX_DEFINITIONS = 10_000;

    /** A component within a component, not instantiated yet. */
    record Template(ByteReader content, Scope scope) {}

    /** A component instance: its exports by name. They are functions, resources, types, instances and templates. */
    record ComponentInstance(Map<String, Object> exports) {}

    private final Optional<Scope> outer;
    private final List<Integer> coreModules = new ArrayList<>();
    private final List<CoreInstance> coreInstances = new ArrayList<>();
    private final List<List<CoreItem>> coreItems =
            List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    private final List<LiftedFunction> functions = new ArrayList<>();
    private final List<Object> types = new ArrayList<>();
    private final List<Template> components = new ArrayList<>();
    private final List<ComponentInstance> instances = new ArrayList<>();

    Scope(Optional<Scope> outer) {
        this.outer = outer;
    }

    /** The scope so many components further out. */
    Scope enclosing(int count) {
        return count == 0
                ? this
                : outer.orElseThrow(() -> new MalformedComponentException("there is no component around this one"))
                        .enclosing(count - 1);
    }

    void addCoreModule(int index) {
        add(coreModules, index);
    }

    int coreModule(int index) {
        return at(coreModules, index, "core module");
    }

    void addCoreInstance(CoreInstance instance) {
        add(coreInstances, instance);
    }

    CoreInstance coreInstance(int index) {
        return at(coreInstances, index, "core instance");
    }

    void addCoreItem(CoreSort sort, CoreItem item) {
        add(coreItems.get(sort.ordinal()), item);
    }

    CoreItem coreItem(CoreSort sort, int index) {
        return at(coreItems.get(sort.ordinal()), index, "core item");
    }

    /** Adds something that a component can export. */
    void addItem(Sort sort, Object item) {
        switch (sort) {
            case FUNCTION -> add(functions, expect(item, LiftedFunction.class));
            case TYPE -> add(types, item);
            case COMPONENT -> add(components, expect(item, Template.class));
            case INSTANCE -> add(instances, expect(item, ComponentInstance.class));
        }
    }

    Object item(Sort sort, int index) {
        return switch (sort) {
            case FUNCTION -> at(functions, index, "function");
            case TYPE -> at(types, index, "type");
            case COMPONENT -> at(components, index, "component");
            case INSTANCE -> at(instances, index, "instance");
        };
    }

    static <T> T expect(Object item, Class<T> type) {
        if (!type.isInstance(item)) {
            throw new MalformedComponentException("something of another kind was expected");
        }
        return type.cast(item);
    }

    private static <T> void add(List<T> items, T item) {
        if (items.size() == MAX_DEFINITIONS) {
            throw new MalformedComponentException("it defines more than " + MAX_DEFINITIONS + " things of one kind");
        }
        items.add(item);
    }

    private static <T> T at(List<T> items, int index, String what) {
        if (index >= items.size()) {
            throw new MalformedComponentException("there is no " + what + " " + index);
        }
        return items.get(index);
    }
}
