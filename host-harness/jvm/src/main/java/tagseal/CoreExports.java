package tagseal;

import java.util.List;
import java.util.Optional;
import run.endive.wasm.types.FunctionType;
import tagseal.binary.ComponentWiring;
import tagseal.binary.CoreItem;
import tagseal.binary.CoreItem.CoreExport;
import tagseal.binary.MalformedComponentException;

/**
 * What the core modules of a component export, before any of them is instantiated.
 *
 * @param wiring how they are wired
 * @param modules the modules
 */
record CoreExports(ComponentWiring wiring, List<CoreModule> modules) {
    /** Fails unless an item is a core function of a type. {@code user} is the function that needs it. */
    void check(String user, CoreItem item, FunctionType expected) {
        Optional<FunctionType> found =
                export(item).flatMap(export -> module(export).function(export.name()));
        if (!found.equals(Optional.of(expected))) {
            throw new MalformedComponentException(
                    "`" + user + "` uses a core function that is missing or of another type");
        }
    }

    /** Whether an item is a memory. */
    boolean hasMemory(CoreItem item) {
        return export(item)
                .map(export -> module(export).hasMemory(export.name()))
                .orElse(false);
    }

    private CoreModule module(CoreExport export) {
        return modules.get(wiring.instantiations().get(export.instance()).module());
    }

    private static Optional<CoreExport> export(CoreItem item) {
        return item instanceof CoreExport export ? Optional.of(export) : Optional.empty();
    }
}
