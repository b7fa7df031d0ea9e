package tagseal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Turns text into bytes and back, without ever putting one character in the place of another. */
final class Text {
    private Text() {}

    /** The text in UTF-8. Fails for half of a surrogate pair, in whose place the JVM would put a question mark. */
    static byte[] encode(String text) throws CallException {
        if (text == null) {
            throw CallException.text("the text is null");
        }
        for (int index = 0; index < text.length(); index++) {
            char letter = text.charAt(index);
            if (Character.isSurrogate(letter)) {
                boolean paired = Character.isHighSurrogate(letter)
                        && index + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(index + 1));
                if (!paired) {
                    throw CallException.text("the text has half of a surrogate pair");
                }
                index++;
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The text of an answer. */
    static String decode(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        // Only a text with a replacement character in it can have been invalid.
        if (text.indexOf('\uFFFD') >= 0) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            } catch (CharacterCodingException error) {
                throw new ContractViolationException("a text is not UTF-8");
            }
        }
        return text;
    }
}
