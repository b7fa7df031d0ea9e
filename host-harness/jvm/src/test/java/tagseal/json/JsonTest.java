package tagseal.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "[]",
                "{}",
                "0",
                "-1",
                "1.5e3",
                "18446744073709551615",
                "\"\"",
                "\"a\\\"b\\\\c\\n\"",
                "\"é…😀\"",
                "[1,[2,{\"a\":null}]]",
                "{\"b\":1,\"a\":[true,false]}"
            })
    void aValueIsWrittenAsItWasRead(String text) {
        assertEquals(text, JsonWriter.write(JsonReader.read(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "nul",
                "01",
                "1.",
                "+1",
                "-",
                "1 2",
                "[1,]",
                "[1",
                "{\"a\"}",
                "{\"a\":1,}",
                "{a:1}",
                "{\"a\":1,\"a\":2}",
                "\"",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\t\"",
                "\"\\ud800\"",
                "\"\\udc00\"",
                "\"\\ud800\\ud800\"",
                "'a'",
                "[1]]",
                "tru"
            })
    void whatIsNotJsonIsRefused(String text) {
        assertThrows(JsonException.class, () -> JsonReader.read(text));
    }

    @Test
    void escapesAreRead() {
        assertEquals(
                "a/\b\f\r\té😀",
                JsonReader.read("\"\\u0061\\/\\b\\f\\r\\t\\u00E9\\ud83d\\ude00\"")
                        .asString());
    }

    @Test
    void deepValuesAreRefused() {
        assertThrows(JsonException.class, () -> JsonReader.read("[".repeat(1_000_000)));
    }

    @Test
    void numbersOfAllSizesAreRead() {
        assertEquals(-1, JsonReader.read("18446744073709551615").asUnsigned());
        assertThrows(JsonException.class, () -> JsonReader.read("18446744073709551616")
                .asUnsigned());
        assertThrows(JsonException.class, () -> JsonReader.read("1.5").asUnsigned());
    }
}
