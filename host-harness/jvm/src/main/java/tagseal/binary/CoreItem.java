package tagseal.binary;

/** Something that a core instance exports, or that the host provides in its place. */
public sealed interface CoreItem {
    /**
     * An export of a core instance.
     *
     * @param instance the index of its {@link CoreInstantiation}
     * @param name the name of the export
     */
    record CoreExport(int instance, String name) implements CoreItem {}

    /** The function that makes a handle of a representation. */
    record ResourceNew(ResourceType resource) implements CoreItem {}

    /** The function that drops a handle. */
    record ResourceDrop(ResourceType resource) implements CoreItem {}

    /** The function that gives the representation of a handle. */
    record ResourceRepresentation(ResourceType resource) implements CoreItem {}
}
