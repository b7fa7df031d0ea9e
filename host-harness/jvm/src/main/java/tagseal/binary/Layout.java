package tagseal.binary;

import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/** Where the parts of a value are in memory, by the canonical ABI of the component model. */
public final class Layout {
    private Layout() {}

    /** The next multiple of an alignment. */
    public static int align(int offset, int alignment) {
        return (offset + alignment - 1) / alignment * alignment;
    }

    /** Where the value of a case begins in a variant, an option or a result with these payloads. */
    public static int payloadOffset(List<ValueType> payloads) {
        return align(1, alignment(payloads.stream()));
    }

    static int variantSize(List<ValueType> payloads) {
        int largest = payloads.stream().mapToInt(ValueType::size).max().orElse(0);
        return align(payloadOffset(payloads) + largest, alignment(payloads.stream()));
    }

    static int alignment(Stream<ValueType> types) {
        return types.mapToInt(ValueType::alignment).max().orElse(1);
    }

    static int end(Stream<ValueType> types) {
        int offset = 0;
        for (Iterator<ValueType> each = types.iterator(); each.hasNext(); ) {
            ValueType type = each.next();
            offset = align(offset, type.alignment()) + type.size();
        }
        return offset;
    }
}
