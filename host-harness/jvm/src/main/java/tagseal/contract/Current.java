package tagseal.contract;

import tagseal.json.JsonWriter;

/** What a tag resolves to, as far as the host knows. */
public sealed interface Current {
    /** The tag does not exist, and the host is sure of it. */
    record Absent() implements Current {}

    /**
     * The tag resolves to this digest.
     *
     * @param value {@code sha256:} or {@code blake3:} and 64, or {@code sha512:} and 128, lower-case hex digits
     */
    record Digest(String value) implements Current {
        /** Refuses the two words that mean something else in JSON. The component judges everything else. */
        public Digest {
            if (value.equals("absent") || value.equals("unknown")) {
                throw new IllegalArgumentException("`" + value + "` is not a digest");
            }
        }
    }

    /** The host could not find out, or found something that it can't compare. */
    record Unknown() implements Current {}

    /**
     * The tag does not exist now, but it had this digest once and was deleted. Only a host that remembers deleted tags can
     * say so.
     *
     * @param digest the digest that it had
     */
    record Retired(String digest) implements Current {}

    /** The tag does not exist. */
    static Current absent() {
        return new Absent();
    }

    /** The tag resolves to a digest. */
    static Current digest(String value) {
        return new Digest(value);
    }

    /** Nobody knows. */
    static Current unknown() {
        return new Unknown();
    }

    /** The tag was deleted, and had a digest before. */
    static Current retired(String digest) {
        return new Retired(digest);
    }

    /** Writes it as the contract's JSON has it. */
    default void write(JsonWriter json) {
        if (this instanceof Digest digest) {
            json.value(digest.value());
        } else if (this instanceof Retired retired) {
            json.beginObject().name("retired").value(retired.digest()).endObject();
        } else {
            json.value(this instanceof Absent ? "absent" : "unknown");
        }
    }
}
