package tagseal;

import java.util.List;
import java.util.Map;
import tagseal.binary.ComponentWiring;
import tagseal.binary.LiftedFunction;

/**
 * A component that was checked: what its instances are made of.
 *
 * @param settings what each of them may use
 * @param wiring how its core modules are wired
 * @param modules the core modules
 * @param functions the functions of the contract
 */
record LoadedComponent(
        Settings settings, ComponentWiring wiring, List<CoreModule> modules, Map<String, LiftedFunction> functions) {}
