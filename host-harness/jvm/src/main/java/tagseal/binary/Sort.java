package tagseal.binary;

/** A kind of thing that components exchange and that this host knows. */
enum Sort {
    FUNCTION,
    TYPE,
    COMPONENT,
    INSTANCE;

    static Sort read(int code) {
        return switch (code) {
            case 1 -> FUNCTION;
            case 3 -> TYPE;
            case 4 -> COMPONENT;
            case 5 -> INSTANCE;
            default -> throw new MalformedComponentException("something of an unknown kind, " + code);
        };
    }
}
