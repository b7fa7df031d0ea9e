package tagseal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.ImportGlobal;
import run.endive.runtime.ImportMemory;
import run.endive.runtime.ImportTable;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.runtime.WasmFunctionHandle;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.Import;
import tagseal.binary.ComponentWiring;
import tagseal.binary.CoreInstance;
import tagseal.binary.CoreInstantiation;
import tagseal.binary.CoreItem;
import tagseal.binary.CoreItem.CoreExport;
import tagseal.binary.CoreItem.ResourceDrop;
import tagseal.binary.CoreItem.ResourceNew;
import tagseal.binary.MalformedComponentException;
import tagseal.binary.ResourceType;

/** The core instances of one instance of a component, wired as the component says. */
final class CoreInstances {
    private final List<Instance> instances = new ArrayList<>();
    private final Handles handles = new Handles();
    private final MemoryBudget budget;

    /** Instantiates all modules in their order, and so runs their start functions. */
    CoreInstances(ComponentWiring wiring, List<CoreModule> modules, MemoryBudget budget) {
        this.budget = budget;
        for (CoreInstantiation instantiation : wiring.instantiations()) {
            instances.add(instantiate(modules.get(instantiation.module()), instantiation.imports()));
        }
    }

    /** The function that an item stands for. */
    ExportFunction function(CoreItem item) {
        if (item instanceof CoreExport export) {
            return instances.get(export.instance()).export(export.name());
        }
        WasmFunctionHandle provided = provide(item);
        return arguments -> provided.apply(null, arguments);
    }

    /** The memory that an item stands for. */
    Memory memory(CoreItem item) {
        CoreExport export = export(item);
        return instances.get(export.instance()).exports().memory(export.name());
    }

    /** The handles of its resources. */
    Handles handles() {
        return handles;
    }

    private Instance instantiate(CoreModule module, Map<String, CoreInstance> arguments) {
        ImportValues.Builder imports = ImportValues.builder();
        module.module().importSection().stream().forEach(wanted -> addImport(imports, module, wanted, arguments));
        return Instance.builder(module.module())
                .withImportValues(imports.build())
                .withMachineFactory(module.machine())
                .withMemoryFactory(limits -> new CappedMemory(limits, budget))
                .withTableFactory((table, initialValue) -> CappedTable.create(table, initialValue, budget))
                .withStart(false)
                .build();
    }

    private void addImport(
            ImportValues.Builder imports, CoreModule module, Import wanted, Map<String, CoreInstance> arguments) {
        CoreInstance source = arguments.get(wanted.module());
        if (source == null) {
            throw new MalformedComponentException("nothing is given for the core import `" + wanted.module() + "`");
        }
        CoreItem item = source.item(wanted.name())
                .orElseThrow(() -> new MalformedComponentException("a core import lacks `" + wanted.name() + "`"));
        switch (wanted.importType()) {
            case FUNCTION -> imports.addFunction(importFunction(module, (FunctionImport) wanted, item));
            case MEMORY -> imports.addMemory(new ImportMemory(wanted.module(), wanted.name(), memory(item)));
            case TABLE -> {
                CoreExport export = export(item);
                var table = instances.get(export.instance()).exports().table(export.name());
                imports.addTable(new ImportTable(wanted.module(), wanted.name(), table));
            }
            case GLOBAL -> {
                CoreExport export = export(item);
                var global = instances.get(export.instance()).exports().global(export.name());
                imports.addGlobal(new ImportGlobal(wanted.module(), wanted.name(), global));
            }
            default -> throw new MalformedComponentException("a core import of an unknown kind");
        }
    }

    private ImportFunction importFunction(CoreModule module, FunctionImport wanted, CoreItem item) {
        if (item instanceof CoreExport export) {
            Instance source = instances.get(export.instance());
            ExportFunction function = source.export(export.name());
            WasmFunctionHandle handle = (caller, arguments) -> function.apply(arguments);
            return new ImportFunction(wanted.module(), wanted.name(), source.exportType(export.name()), handle);
        }
        var type = module.module().typeSection().getType(wanted.typeIndex());
        return new ImportFunction(wanted.module(), wanted.name(), type, provide(item));
    }

    /** What the host does for a resource. */
    private WasmFunctionHandle provide(CoreItem item) {
        if (item instanceof ResourceNew) {
            return (caller, arguments) -> new long[] {handles.add((int) arguments[0])};
        }
        if (item instanceof ResourceDrop drop) {
            return (caller, arguments) -> {
                drop(drop.resource(), handles.remove((int) arguments[0]));
                return new long[0];
            };
        }
        return (caller, arguments) -> new long[] {handles.representation((int) arguments[0])};
    }

    private void drop(ResourceType resource, int representation) {
        resource.destructor().ifPresent(destructor -> function(destructor).apply(representation));
    }

    private static CoreExport export(CoreItem item) {
        if (item instanceof CoreExport export) {
            return export;
        }
        throw new MalformedComponentException("a function stands where a memory, table or global was expected");
    }
}
