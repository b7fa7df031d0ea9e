package tagseal.binary;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import tagseal.binary.ValueType.BorrowType;
import tagseal.binary.ValueType.Case;
import tagseal.binary.ValueType.EnumType;
import tagseal.binary.ValueType.Field;
import tagseal.binary.ValueType.ListType;
import tagseal.binary.ValueType.OptionType;
import tagseal.binary.ValueType.OwnType;
import tagseal.binary.ValueType.Primitive;
import tagseal.binary.ValueType.RecordType;
import tagseal.binary.ValueType.ResultType;
import tagseal.binary.ValueType.TupleType;
import tagseal.binary.ValueType.VariantType;

/** Reads the types of values and functions. */
final class TypeReader {
    /** The longest text of a type. Types that refer to each other can describe far more than their bytes. */
    private static final int MAX_TEXT = 16 << 10;

    private static final List<Primitive> PRIMITIVES = List.of(
            Primitive.STRING,
            Primitive.CHAR,
            Primitive.F64,
            Primitive.F32,
            Primitive.U64,
            Primitive.S64,
            Primitive.U32,
            Primitive.S32,
            Primitive.U16,
            Primitive.S16,
            Primitive.U8,
            Primitive.S8,
            Primitive.BOOL);

    private final ByteReader in;
    private final IntFunction<ValueType> values;
    private final IntFunction<ResourceType> resources;
    /** How long the texts of all types are that this definition refers to. */
    private int referred;

    /** Reads from bytes, with the types that were defined before, by their index. */
    TypeReader(ByteReader in, IntFunction<ValueType> values, IntFunction<ResourceType> resources) {
        this.in = in;
        this.values = values;
        this.resources = resources;
    }

    FunctionType function() {
        List<Field> parameters = in.list(this::field);
        Optional<ValueType> result =
                switch (in.u8()) {
                    case 0 -> Optional.of(reference());
                    case 1 -> {
                        in.u8();
                        yield Optional.empty();
                    }
                    default -> throw new MalformedComponentException("a function has an unknown kind of result");
                };
        return new FunctionType(parameters, result);
    }

    /** Reads the rest of a definition, whose first byte was read. */
    ValueType definition(int code) {
        return primitive(code).map(ValueType.class::cast).orElseGet(() -> compound(code));
    }

    private ValueType compound(int code) {
        return switch (code) {
            case 0x72 -> new RecordType(in.list(this::field));
            case 0x71 -> new VariantType(in.list(this::variantCase));
            case 0x70 -> new ListType(reference());
            case 0x6f -> new TupleType(in.list(this::reference));
            case 0x6d -> new EnumType(enumLabels());
            case 0x6b -> new OptionType(reference());
            case 0x6a -> new ResultType(in.optional(this::reference), in.optional(this::reference));
            case 0x69 -> new OwnType(resource());
            case 0x68 -> new BorrowType(resource());
            default -> throw new MalformedComponentException("a type of an unknown kind, " + code);
        };
    }

    private Field field() {
        return new Field(in.name(), reference());
    }

    private Case variantCase() {
        Case variantCase = new Case(in.name(), in.optional(this::reference));
        if (in.u8() != 0) {
            throw new MalformedComponentException("a case of a variant refines another");
        }
        return variantCase;
    }

    private List<String> enumLabels() {
        List<String> labels = new ArrayList<>(in.list(in::name));
        if (labels.size() > 256) {
            throw new MalformedComponentException("an enum has more than 256 words");
        }
        return labels;
    }

    /** Reads a primitive type, or the index of a type that was defined before. */
    private ValueType reference() {
        ByteReader ahead = in.again();
        Optional<Primitive> primitive = primitive(ahead.u8());
        if (primitive.isPresent()) {
            in.u8();
            return primitive.get();
        }
        ValueType type = values.apply(index());
        referred += type.text().length();
        if (referred > MAX_TEXT) {
            throw new MalformedComponentException("a type is too large");
        }
        return type;
    }

    private ResourceType resource() {
        return resources.apply(in.u32());
    }

    /** Reads an index that is written with a sign. */
    private int index() {
        long number = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int next = in.u8();
            number |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                if ((next & 0x40) != 0 || number > Integer.MAX_VALUE) {
                    throw new MalformedComponentException("an unknown type");
                }
                return (int) number;
            }
        }
        throw new MalformedComponentException("a number takes too many bytes");
    }

    private static Optional<Primitive> primitive(int code) {
        int index = code - 0x73;
        return index >= 0 && index < PRIMITIVES.size() ? Optional.of(PRIMITIVES.get(index)) : Optional.empty();
    }
}
