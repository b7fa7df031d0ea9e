package tagseal.binary;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads the numbers, names and lists of the binary format from a range of bytes. */
final class ByteReader {
    private final byte[] bytes;
    private final int end;
    private int position;

    ByteReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private ByteReader(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
    }

    boolean isAtEnd() {
        return position == end;
    }

    int u8() {
        if (position >= end) {
            throw new MalformedComponentException("the file ends too early");
        }
        return bytes[position++] & 0xff;
    }

    /** Reads a number of at most 31 bits: sizes and indices are never larger in a file that fits in memory. */
    int u32() {
        long number = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int next = u8();
            number |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                if (number > Integer.MAX_VALUE) {
                    throw new MalformedComponentException("the number " + number + " is too large");
                }
                return (int) number;
            }
        }
        throw new MalformedComponentException("a number takes too many bytes");
    }

    String name() {
        ByteReader part = part(u32());
        try {
            ByteBuffer letters = ByteBuffer.wrap(bytes, part.position, part.end - part.position);
            return StandardCharsets.UTF_8.newDecoder().decode(letters).toString();
        } catch (CharacterCodingException error) {
            throw new MalformedComponentException("a name is not UTF-8");
        }
    }

    <T> List<T> list(Supplier<T> element) {
        int count = u32();
        if (count > end - position) {
            throw new MalformedComponentException("a list has more elements than the file has bytes");
        }
        List<T> elements = new ArrayList<>(count);
        for (int index = 0; index < count; index++) {
            elements.add(element.get());
        }
        return elements;
    }

    /** Reads a list whose elements are not kept. */
    void each(Runnable element) {
        list(() -> {
            element.run();
            return Optional.empty();
        });
    }

    <T> Optional<T> optional(Supplier<T> element) {
        return switch (u8()) {
            case 0 -> Optional.empty();
            case 1 -> Optional.of(element.get());
            default -> throw new MalformedComponentException("something optional is neither there nor missing");
        };
    }

    /** Takes the next bytes as a part of their own. */
    ByteReader part(int size) {
        if (size > end - position) {
            throw new MalformedComponentException("the file ends too early");
        }
        position += size;
        return new ByteReader(bytes, position - size, position);
    }

    /** Reads the same bytes from the beginning of what is left. */
    ByteReader again() {
        return new ByteReader(bytes, position, end);
    }

    byte[] rest() {
        return Arrays.copyOfRange(bytes, position, end);
    }
}
