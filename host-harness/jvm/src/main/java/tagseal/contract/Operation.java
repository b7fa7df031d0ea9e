package tagseal.contract;

import java.util.List;
import tagseal.json.JsonWriter;

/** What is about to happen. */
public sealed interface Operation {
    /**
     * A manifest is stored, under tags or by its digest alone.
     *
     * @param repository the full name of the repository
     * @param digest the digest of the content that is pushed
     * @param tags the tags that it sets, each once; none for a push by digest
     */
    record Write(String repository, String digest, List<TagWrite> tags) implements Operation {
        /** Keeps a copy of the list. */
        public Write {
            tags = List.copyOf(tags);
        }
    }

    /**
     * A tag is deleted, its manifest stays.
     *
     * @param repository the full name of the repository
     * @param tag the tag
     * @param remembers whether the host will remember the tag's digest, and give it as retired from then on
     */
    record DeleteTag(String repository, String tag, boolean remembers) implements Operation {}

    /**
     * A manifest is deleted, and the tags that need it with it.
     *
     * @param repository the full name of the repository
     * @param digest the digest of the manifest
     * @param tags its tags
     * @param remembers whether the host will remember the digest of each of them
     */
    record DeleteManifest(String repository, String digest, ManifestTags tags, boolean remembers)
            implements Operation {}

    /** Writes it as the contract's JSON has it: a key that says what it is, and its value. */
    default void write(JsonWriter json) {
        if (this instanceof Write write) {
            json.name("write").beginObject();
            json.name("repository").value(write.repository());
            json.name("digest").value(write.digest());
            json.name("tags").beginArray();
            for (TagWrite tag : write.tags()) {
                json.beginObject().name("tag").value(tag.tag()).name("current");
                tag.current().write(json);
                json.endObject();
            }
            json.endArray().endObject();
        } else if (this instanceof DeleteTag delete) {
            json.name("delete-tag").beginObject();
            json.name("repository").value(delete.repository());
            json.name("tag").value(delete.tag());
            json.name("remembers").value(delete.remembers()).endObject();
        } else if (this instanceof DeleteManifest delete) {
            json.name("delete-manifest").beginObject();
            json.name("repository").value(delete.repository());
            json.name("digest").value(delete.digest());
            json.name("tags");
            delete.tags().write(json);
            json.name("remembers").value(delete.remembers()).endObject();
        }
    }
}
