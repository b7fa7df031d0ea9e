package tagseal.binary;

import java.util.Map;
import java.util.Optional;

/** A core instance, as other modules import from it. */
public sealed interface CoreInstance {
    /** The exports of an instantiated module. */
    record Instantiated(int index) implements CoreInstance {}

    /** A bag of exports from elsewhere. */
    record Bag(Map<String, CoreItem> items) implements CoreInstance {}

    /** What it has under a name. Whether an instantiated module has it, shows when it is linked. */
    default Optional<CoreItem> item(String name) {
        return this instanceof Bag bag
                ? Optional.ofNullable(bag.items().get(name))
                : Optional.of(new CoreItem.CoreExport(((Instantiated) this).index(), name));
    }
}
