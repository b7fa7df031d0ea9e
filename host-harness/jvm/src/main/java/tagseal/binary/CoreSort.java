package tagseal.binary;

/** A kind of thing that core modules exchange. */
enum CoreSort {
    FUNCTION,
    TABLE,
    MEMORY,
    GLOBAL;

    static CoreSort read(int code) {
        if (code >= values().length) {
            throw new MalformedComponentException("something of an unknown kind among core modules, " + code);
        }
        return values()[code];
    }
}
