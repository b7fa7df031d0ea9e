package tagseal.binary;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A type of values that components exchange, with everything that it consists of written out. */
public sealed interface ValueType {
    /** Types without parts. */
    enum Primitive implements ValueType {
        /** {@code true} or {@code false}. */
        BOOL(1),
        /** 8 bits with a sign. */
        S8(1),
        /** 8 bits. */
        U8(1),
        /** 16 bits with a sign. */
        S16(2),
        /** 16 bits. */
        U16(2),
        /** 32 bits with a sign. */
        S32(4),
        /** 32 bits. */
        U32(4),
        /** 64 bits with a sign. */
        S64(8),
        /** 64 bits. */
        U64(8),
        /** 32 bits of a floating point number. */
        F32(4),
        /** 64 bits of a floating point number. */
        F64(8),
        /** One Unicode scalar value. */
        CHAR(4),
        /** A text. */
        STRING(8);

        private final int size;

        Primitive(int size) {
            this.size = size;
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public int alignment() {
            return this == STRING ? 4 : size;
        }

        @Override
        public String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** A field of a record: its name, and the type of its value. */
    record Field(String label, ValueType type) {}

    /** A record: fields one after the other, each aligned. */
    record RecordType(List<Field> fields) implements ValueType {
        @Override
        public int size() {
            return Layout.align(Layout.end(fields.stream().map(Field::type)), alignment());
        }

        @Override
        public int alignment() {
            return Layout.alignment(fields.stream().map(Field::type));
        }

        @Override
        public String text() {
            return fields.stream()
                    .map(field -> field.label() + ": " + field.type().text())
                    .collect(Collectors.joining(", ", "record { ", " }"));
        }
    }

    /** A tuple: values one after the other, as in a record without names. */
    record TupleType(List<ValueType> elements) implements ValueType {
        @Override
        public int size() {
            return Layout.align(Layout.end(elements.stream()), alignment());
        }

        @Override
        public int alignment() {
            return Layout.alignment(elements.stream());
        }

        @Override
        public String text() {
            return elements.stream().map(ValueType::text).collect(Collectors.joining(", ", "tuple<", ">"));
        }
    }

    /** A case of a variant: its name, and the type of what it carries, if it carries anything. */
    record Case(String label, Optional<ValueType> type) {
        private String text() {
            return label + type.map(it -> "(" + it.text() + ")").orElse("");
        }
    }

    /** A variant: the number of the case, then room for the largest payload. */
    record VariantType(List<Case> cases) implements ValueType {
        @Override
        public int size() {
            return Layout.variantSize(payloads());
        }

        @Override
        public int alignment() {
            return Layout.alignment(payloads().stream());
        }

        @Override
        public String text() {
            return cases.stream().map(Case::text).collect(Collectors.joining(", ", "variant { ", " }"));
        }

        private List<ValueType> payloads() {
            return cases.stream().flatMap(it -> it.type().stream()).toList();
        }
    }

    /** One of several words, as a number of one byte. */
    record EnumType(List<String> labels) implements ValueType {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public int alignment() {
            return 1;
        }

        @Override
        public String text() {
            return "enum { " + String.join(", ", labels) + " }";
        }
    }

    /** A list: where its elements are in memory, and how many there are. */
    record ListType(ValueType element) implements ValueType {
        @Override
        public int size() {
            return 8;
        }

        @Override
        public int alignment() {
            return 4;
        }

        @Override
        public String text() {
            return "list<" + element.text() + ">";
        }
    }

    /** A value that may be missing. */
    record OptionType(ValueType some) implements ValueType {
        @Override
        public int size() {
            return Layout.variantSize(List.of(some));
        }

        @Override
        public int alignment() {
            return some.alignment();
        }

        @Override
        public String text() {
            return "option<" + some.text() + ">";
        }
    }

    /** A result or an error. */
    record ResultType(Optional<ValueType> ok, Optional<ValueType> error) implements ValueType {
        @Override
        public int size() {
            return Layout.variantSize(payloads());
        }

        @Override
        public int alignment() {
            return Layout.alignment(payloads().stream());
        }

        @Override
        public String text() {
            String first = ok.map(ValueType::text).orElse("_");
            return ok.isEmpty() && error.isEmpty()
                    ? "result"
                    : "result<" + first + error.map(it -> ", " + it.text()).orElse("") + ">";
        }

        private List<ValueType> payloads() {
            return Stream.of(ok, error).flatMap(Optional::stream).toList();
        }
    }

    /** A resource that is handed over. */
    record OwnType(ResourceType resource) implements ValueType {
        @Override
        public int size() {
            return 4;
        }

        @Override
        public int alignment() {
            return 4;
        }

        @Override
        public String text() {
            return "own<" + resource.name() + ">";
        }
    }

    /** A resource that is lent for a call. */
    record BorrowType(ResourceType resource) implements ValueType {
        @Override
        public int size() {
            return 4;
        }

        @Override
        public int alignment() {
            return 4;
        }

        @Override
        public String text() {
            return "borrow<" + resource.name() + ">";
        }
    }

    /** Bytes that a value takes in memory. */
    int size();

    /** The number that a value's address is a multiple of. */
    int alignment();

    /** The type as text, as WIT writes it, with all named types written out. */
    String text();
}
