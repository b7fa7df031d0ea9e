package tagseal.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads lines as they come, in constant memory, whatever is on them. */
final class Lines {
    /** The longest event in JSON, as the contract has it. A longer line is passed over without being kept. */
    static final int MAX_LINE_BYTES = 1 << 20;

    /** What is on a line that has nothing on it. */
    private static final Pattern BLANK = Pattern.compile("[ \\t\\f\\r]*");

    /** One line without its end: a text, or why it is not one. */
    record Line(Optional<String> text, String problem) {}

    private final InputStream in;
    private final byte[] chunk = new byte[64 << 10];
    private int position;
    private int filled;
    private boolean ended;

    Lines(InputStream in) {
        this.in = in;
    }

    /** Whether the rest of a line must be waited for, so that answers should be written first. */
    boolean mustWait() {
        for (int index = position; index < filled; index++) {
            if (chunk[index] == '\n') {
                return false;
            }
        }
        return true;
    }

    /** Waits for the next line. Empty at the end of the input. */
    Optional<Line> next() throws IOException {
        byte[] line = new byte[0];
        long length = 0;
        boolean begun = false;
        while (fill()) {
            begun = true;
            int start = position;
            while (position < filled && chunk[position] != '\n') {
                position++;
            }
            length += position - start;
            if (length <= MAX_LINE_BYTES) {
                int kept = line.length;
                line = Arrays.copyOf(line, (int) length);
                System.arraycopy(chunk, start, line, kept, position - start);
            }
            if (position < filled) {
                position++;
                return Optional.of(line(line, length));
            }
        }
        return begun ? Optional.of(line(line, length)) : Optional.empty();
    }

    /** Reads on where everything was handed out. Whether there is anything left. */
    private boolean fill() throws IOException {
        if (position == filled && !ended) {
            position = 0;
            filled = Math.max(in.read(chunk), 0);
            ended = filled == 0;
        }
        return position < filled;
    }

    private static Line line(byte[] bytes, long length) {
        if (length > MAX_LINE_BYTES) {
            String problem = "the line is longer than " + MAX_LINE_BYTES + " bytes; split the event";
            return new Line(Optional.empty(), problem);
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (BLANK.matcher(text).matches()) {
                return new Line(Optional.empty(), "the line is empty; write an event on it, or remove it");
            }
            return new Line(Optional.of(text), "");
        } catch (CharacterCodingException error) {
            return new Line(Optional.empty(), "the line is not UTF-8; write JSON in UTF-8");
        }
    }
}
