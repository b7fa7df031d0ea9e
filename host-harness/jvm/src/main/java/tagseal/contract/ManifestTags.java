package tagseal.contract;

import java.util.List;
import tagseal.json.JsonWriter;

/** The tags that a delete of a manifest removes with it. */
public sealed interface ManifestTags {
    /**
     * All tags that resolve to the digest, or to an index that contains it.
     *
     * @param tags each of them once
     */
    record Known(List<String> tags) implements ManifestTags {
        /** Keeps a copy of the list. */
        public Known {
            tags = List.copyOf(tags);
        }
    }

    /** The host could not find out. */
    record Unknown() implements ManifestTags {}

    /** Writes them as the contract's JSON has them. */
    default void write(JsonWriter json) {
        if (this instanceof Known known) {
            json.beginArray();
            known.tags().forEach(json::value);
            json.endArray();
        } else {
            json.value("unknown");
        }
    }
}
