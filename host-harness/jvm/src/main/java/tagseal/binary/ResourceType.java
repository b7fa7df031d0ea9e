package tagseal.binary;

import java.util.Optional;

/** A resource that the component defines. Two are the same only if they are one object. */
public final class ResourceType {
    private final Optional<CoreItem> destructor;
    private String name = "resource";

    ResourceType(Optional<CoreItem> destructor) {
        this.destructor = destructor;
    }

    /** The function that is called when a handle is dropped. */
    public Optional<CoreItem> destructor() {
        return destructor;
    }

    /** The name under which it is exported. */
    public String name() {
        return name;
    }

    void rename(String exported) {
        name = exported;
    }
}
