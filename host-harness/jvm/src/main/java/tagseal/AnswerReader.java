package tagseal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import run.endive.runtime.Memory;
import tagseal.binary.Layout;
import tagseal.binary.ValueType;
import tagseal.binary.ValueType.EnumType;
import tagseal.binary.ValueType.Field;
import tagseal.binary.ValueType.ListType;
import tagseal.binary.ValueType.OptionType;
import tagseal.binary.ValueType.OwnType;
import tagseal.binary.ValueType.Primitive;
import tagseal.binary.ValueType.RecordType;
import tagseal.binary.ValueType.ResultType;

/**
 * Reads values from the memory of an instance, by the canonical ABI of the component model.
 *
 * <p>A text becomes a {@link String}, a number a {@link Long}, a list a {@link List}, an option an {@link Optional}, an enum
 * the index of its word as an {@link Integer}, a handle an {@link Integer}, a record a {@link Map} by its labels, and a
 * result an {@link Answer}.
 */
final class AnswerReader {
    /** A result: one of the two. */
    record Answer(boolean isOk, Object value) {}

    private final Memory memory;
    private long remaining;

    /** Reads from a memory, at most so many bytes all together. */
    AnswerReader(Memory memory, long mostBytes) {
        this.memory = memory;
        this.remaining = mostBytes;
    }

    /** Reads a value at an address. */
    Object read(ValueType type, long address) {
        if (address % type.alignment() != 0) {
            throw new ContractViolationException("a value is not aligned");
        }
        check(address, type.size());
        return value(type, (int) address);
    }

    private Object value(ValueType type, int address) {
        if (type instanceof Primitive primitive) {
            return primitive(primitive, address);
        }
        if (type instanceof RecordType record) {
            return record(record, address);
        }
        if (type instanceof ListType list) {
            return list(list.element(), unsigned(address), unsigned(address + 4));
        }
        if (type instanceof EnumType words) {
            return discriminant(address, words.labels().size());
        }
        if (type instanceof OptionType option) {
            int payload = address + Layout.payloadOffset(List.of(option.some()));
            return discriminant(address, 2) == 0 ? Optional.empty() : Optional.of(value(option.some(), payload));
        }
        if (type instanceof ResultType result) {
            return result(result, address);
        }
        if (type instanceof OwnType) {
            return memory.readInt(address);
        }
        throw new ContractViolationException("no answer has the type " + type.text());
    }

    private Object primitive(Primitive type, int address) {
        return switch (type) {
            case STRING -> text(unsigned(address), unsigned(address + 4));
            case U32 -> unsigned(address);
            case U64 -> memory.readLong(address);
            case BOOL -> discriminant(address, 2) == 1;
            default -> throw new ContractViolationException("no answer has the type " + type.text());
        };
    }

    private Map<String, Object> record(RecordType type, int address) {
        Map<String, Object> fields = new LinkedHashMap<>();
        int offset = 0;
        for (Field field : type.fields()) {
            offset = Layout.align(offset, field.type().alignment());
            fields.put(field.label(), value(field.type(), address + offset));
            offset += field.type().size();
        }
        return fields;
    }

    private List<Object> list(ValueType element, long address, long count) {
        spend(count * element.size());
        if (address % element.alignment() != 0) {
            throw new ContractViolationException("a list is not aligned");
        }
        check(address, count * element.size());
        List<Object> elements = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            elements.add(value(element, (int) address + index * element.size()));
        }
        return elements;
    }

    private Answer result(ResultType type, int address) {
        boolean isOk = discriminant(address, 2) == 0;
        List<ValueType> payloads =
                Stream.of(type.ok(), type.error()).flatMap(Optional::stream).toList();
        int payload = address + Layout.payloadOffset(payloads);
        Optional<ValueType> chosen = isOk ? type.ok() : type.error();
        return new Answer(isOk, chosen.map(it -> value(it, payload)).orElse(Optional.empty()));
    }

    private String text(long address, long size) {
        spend(size);
        check(address, size);
        return Text.decode(memory.readBytes((int) address, (int) size));
    }

    private int discriminant(int address, int cases) {
        int index = Byte.toUnsignedInt(memory.read(address));
        if (index >= cases) {
            throw new ContractViolationException("an answer is case " + index + " of " + cases);
        }
        return index;
    }

    private long unsigned(int address) {
        return Integer.toUnsignedLong(memory.readInt(address));
    }

    private void check(long address, long size) {
        if (address + size > (long) memory.pages() * Memory.PAGE_SIZE) {
            throw new ContractViolationException("an answer is outside of the memory");
        }
    }

    private void spend(long bytes) {
        remaining -= bytes;
        if (remaining < 0) {
            throw new ContractViolationException("an answer is too large");
        }
    }
}
