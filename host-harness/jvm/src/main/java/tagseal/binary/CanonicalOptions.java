package tagseal.binary;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** How the values of a function are passed. */
record CanonicalOptions(Optional<CoreItem> memory, Optional<CoreItem> realloc, Optional<CoreItem> postReturn) {
    private enum Option {
        MEMORY,
        REALLOC,
        POST_RETURN
    }

    /** Reads the options of a function. Text is UTF-8, so that is the one encoding that is accepted. */
    static CanonicalOptions read(ByteReader in, Scope scope) {
        Map<Option, CoreItem> items = new EnumMap<>(Option.class);
        in.each(() -> {
            int code = in.u8();
            switch (code) {
                case 0 -> {}
                case 3 -> items.put(Option.MEMORY, scope.coreItem(CoreSort.MEMORY, in.u32()));
                case 4 -> items.put(Option.REALLOC, scope.coreItem(CoreSort.FUNCTION, in.u32()));
                case 5 -> items.put(Option.POST_RETURN, scope.coreItem(CoreSort.FUNCTION, in.u32()));
                default -> throw new MalformedComponentException("an option of an unknown kind, " + code);
            }
        });
        return new CanonicalOptions(
                Optional.ofNullable(items.get(Option.MEMORY)),
                Optional.ofNullable(items.get(Option.REALLOC)),
                Optional.ofNullable(items.get(Option.POST_RETURN)));
    }
}
