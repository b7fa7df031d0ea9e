package tagseal.binary;

import java.util.Optional;

/** Reads what components declare about their imports and exports. Only names and kinds are kept. */
final class DeclarationReader {
    /** The deepest nesting of types of instances and components. */
    private static final int MAX_DEPTH = 50;

    private final ByteReader in;

    private DeclarationReader(ByteReader in) {
        this.in = in;
    }

    /** Reads the name of an import or an export. */
    static String externalName(ByteReader in) {
        if (in.u8() > 1) {
            throw new MalformedComponentException("a name of an unknown kind");
        }
        return in.name();
    }

    /** Reads of which kind an import or an export is. Empty for a core module. */
    static Optional<Sort> externalType(ByteReader in) {
        int code = in.u8();
        switch (code) {
            case 0 -> {
                in.u8();
                in.u32();
            }
            case 1, 4, 5 -> in.u32();
            case 3 -> {
                if (in.u8() == 0) {
                    in.u32();
                }
            }
            default -> throw new MalformedComponentException("an import or export of an unknown kind, " + code);
        }
        return code == 0 ? Optional.empty() : Optional.of(Sort.read(code));
    }

    /** Passes over the declarations in the type of an instance or a component. */
    static void skip(ByteReader in) {
        new DeclarationReader(in).skip(0);
    }

    private void skip(int depth) {
        if (depth > MAX_DEPTH) {
            throw new MalformedComponentException("types are nested too deep");
        }
        in.each(() -> {
            int code = in.u8();
            switch (code) {
                case 1 -> skipType(depth);
                case 2 -> skipAlias();
                case 3, 4 -> {
                    externalName(in);
                    externalType(in);
                }
                default -> throw new MalformedComponentException("a declaration of an unknown kind, " + code);
            }
        });
    }

    private void skipType(int depth) {
        int code = in.u8();
        switch (code) {
            case 0x41, 0x42 -> skip(depth + 1);
            case 0x3f -> {
                in.u8();
                in.optional(in::u32);
            }
            case 0x40 -> anyType().function();
            default -> anyType().definition(code);
        }
    }

    /** Reads types whose references are not followed: any type stands for each of them. */
    private TypeReader anyType() {
        return new TypeReader(in, index -> ValueType.Primitive.BOOL, index -> new ResourceType(Optional.empty()));
    }

    private void skipAlias() {
        int sort = in.u8();
        if (sort == 0) {
            in.u8();
        }
        if (in.u8() == 2) {
            in.u32();
            in.u32();
        } else {
            in.u32();
            in.name();
        }
    }
}
