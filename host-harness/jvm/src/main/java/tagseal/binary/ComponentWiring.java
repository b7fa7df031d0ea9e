package tagseal.binary;

import java.util.List;
import java.util.Map;

/**
 * A component as a plan: what to instantiate, in which order, and what it then offers.
 *
 * @param imports the names of what the component imports
 * @param modules the core modules, in the binary format
 * @param instantiations the core instances, each of which needs only those before it
 * @param interfaces the exported interfaces
 */
public record ComponentWiring(
        List<String> imports,
        List<byte[]> modules,
        List<CoreInstantiation> instantiations,
        Map<String, Interface> interfaces) {

    /**
     * An exported interface.
     *
     * @param functions its functions
     * @param resources its resources
     */
    public record Interface(Map<String, LiftedFunction> functions, Map<String, ResourceType> resources) {}

    /**
     * Reads a component.
     *
     * @throws MalformedComponentException when the bytes are not a component that this host can wire
     */
    public static ComponentWiring read(byte[] component) {
        return new ComponentReader().read(component);
    }
}
