package tagseal;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Function;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.MachineFactoryCompiler;
import run.endive.runtime.Instance;
import run.endive.runtime.InterpreterMachine;
import run.endive.runtime.Machine;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.Export;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.Import;
import run.endive.wasm.types.TypeSection;
import tagseal.binary.MalformedComponentException;
import tagseal.engine.Engine;

/**
 * A core module, ready to be instantiated.
 *
 * <p>The engine of the packaged component was compiled to JVM code when this library was built. Another module is compiled
 * when it is loaded, or interpreted where it is so small that compiling would take longer than it saves. One function of
 * the engine is larger than a method of the JVM may be. The runtime interprets that one.
 *
 * @param module the module
 * @param machine what runs it
 */
record CoreModule(WasmModule module, Function<Instance, Machine> machine) {
    /** The largest module that is interpreted. The modules around the engine have about a hundred bytes. */
    private static final int MAX_INTERPRETED_BYTES = 16 << 10;

    /** Reads a module and checks it. Fails for what is not a valid module, and for one that uses garbage collection. */
    static CoreModule load(byte[] bytes) {
        if (sha256(bytes).equals(Build.engineSha256())) {
            Engine engine = new Engine();
            return new CoreModule(engine.wasmModule(), engine.machineFactory());
        }
        WasmModule module = Parser.parse(bytes);
        checkTypes(module.typeSection());
        if (bytes.length <= MAX_INTERPRETED_BYTES) {
            return new CoreModule(module, InterpreterMachine::new);
        }
        return new CoreModule(
                module,
                MachineFactoryCompiler.builder(module)
                        .withInterpreterFallback(InterpreterFallback.SILENT)
                        .compile());
    }

    /** The type of an exported function. */
    Optional<FunctionType> function(String name) {
        return export(name, ExternalType.FUNCTION).map(export -> functionType(export.index()));
    }

    /** Whether it exports a memory under a name. */
    boolean hasMemory(String name) {
        return export(name, ExternalType.MEMORY).isPresent();
    }

    /** Bytes of the memories and tables that it starts with. */
    long initialBytes() {
        long bytes = 0;
        if (module.memorySection().isPresent()) {
            var memories = module.memorySection().get();
            for (int index = 0; index < memories.memoryCount(); index++) {
                bytes += (long) memories.getMemory(index).limits().initialPages() * run.endive.runtime.Memory.PAGE_SIZE;
            }
        }
        var tables = module.tableSection();
        for (int index = 0; index < tables.tableCount(); index++) {
            bytes += tables.getTable(index).limits().min() * CappedTable.ELEMENT_BYTES;
        }
        return bytes;
    }

    private Optional<Export> export(String name, ExternalType type) {
        for (int index = 0; index < module.exportSection().exportCount(); index++) {
            Export export = module.exportSection().getExport(index);
            if (export.name().equals(name) && export.exportType() == type) {
                return Optional.of(export);
            }
        }
        return Optional.empty();
    }

    private FunctionType functionType(int index) {
        int defined = index;
        for (Import imported : module.importSection().stream().toList()) {
            if (imported instanceof FunctionImport function) {
                if (defined == 0) {
                    return module.typeSection().getType(function.typeIndex());
                }
                defined--;
            }
        }
        return module.functionSection().getFunctionType(defined, module.typeSection());
    }

    /** Arrays and structures would be on the heap of the JVM, where no cap holds for them. */
    private static void checkTypes(TypeSection types) {
        for (int index = 0; index < types.subTypeCount(); index++) {
            if (types.getSubType(index).compType().funcType() == null) {
                throw new MalformedComponentException("a core module uses types with garbage collection");
            }
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException("every JVM has SHA-256", error);
        }
    }
}
