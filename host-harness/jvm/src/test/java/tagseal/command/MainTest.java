package tagseal.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tagseal.Fixtures;
import tagseal.contract.Decision;

/** The command line: what it writes, and how it exits. */
final class MainTest {
    private record Ended(int exitCode, String out, String err) {}

    @TempDir
    Path folder;

    private String policy;

    @BeforeEach
    void writePolicy() throws IOException {
        policy = Files.writeString(folder.resolve("policy.json"), Fixtures.DOCUMENT)
                .toString();
    }

    private static Ended run(byte[] input, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = Main.run(
                List.of(arguments),
                new ByteArrayInputStream(input),
                out,
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Ended(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static List<String> codes(Ended ended) {
        return ended.out().lines().map(line -> Decision.read(line).code()).toList();
    }

    @Test
    void eachLineIsAnsweredInItsOrder() {
        String allowed = "{\"delete-tag\": {\"repository\": \"dev/app\", \"tag\": \"v1\"}}";
        Ended ended = run((allowed + "\n" + allowed + "\n").getBytes(StandardCharsets.UTF_8), "decide", policy);
        assertEquals(List.of("unprotected", "unprotected"), codes(ended));
        assertEquals(0, ended.exitCode());
        Ended denied =
                run((Fixtures.move().toJson() + "\n" + allowed).getBytes(StandardCharsets.UTF_8), "decide", policy);
        assertEquals(List.of("immutable", "unprotected"), codes(denied));
        assertEquals(1, denied.exitCode());
        assertEquals("", denied.err());
    }

    @Test
    void whateverIsOnALineItIsAnswered() throws IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        lines.write("\n\u00e9\n".getBytes(StandardCharsets.UTF_8));
        lines.write(new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
        lines.write(" ".repeat((1 << 20) + 1).getBytes(StandardCharsets.UTF_8));
        lines.write("\n{}".getBytes(StandardCharsets.UTF_8));
        Ended ended = run(lines.toByteArray(), "decide", policy);
        assertEquals(List.of("malformed", "malformed", "malformed", "malformed", "malformed"), codes(ended));
        assertTrue(ended.out().contains("the line is not UTF-8"), ended.out());
        assertTrue(ended.out().contains("the line is longer than 1048576 bytes"), ended.out());
        assertEquals(1, ended.exitCode());
    }

    @Test
    void anEmptyLineIsDeniedAndSaysSo() {
        Ended ended = run("\n \t\f\r\n\u000b\n".getBytes(StandardCharsets.UTF_8), "decide", policy);
        List<String> messages =
                ended.out().lines().map(line -> Decision.read(line).message()).toList();
        String empty = "malformed event: the line is empty; write an event on it, or remove it";
        assertEquals(List.of(empty, empty), messages.subList(0, 2));
        assertTrue(messages.get(2).contains("from line 1, byte 1 on"), messages.get(2));
        assertEquals(1, ended.exitCode());
    }

    @Test
    void withoutAnEventNothingIsAllowed() {
        Ended ended = run(new byte[0], "decide", policy);
        assertEquals(2, ended.exitCode());
        assertEquals("", ended.out());
        assertTrue(ended.err().contains("there is no event, so nothing was decided"), ended.err());
    }

    @Test
    void whatCannotBeDoneSaysWhyAndExitsByItsKind() throws IOException {
        String invalid = Files.writeString(folder.resolve("invalid.json"), "{}").toString();
        Ended ended = run(new byte[0], "decide", invalid);
        assertEquals(2, ended.exitCode());
        assertTrue(ended.err().contains("problem: " + invalid + ":1:"), ended.err());
        assertEquals(
                2,
                run(new byte[0], "decide", folder.resolve("none.json").toString())
                        .exitCode());
        assertEquals(2, run(new byte[0], "decide").exitCode());
        assertEquals(2, run(new byte[0]).exitCode());
        assertEquals(2, run(new byte[0], "dance").exitCode());
        assertEquals(2, run(new byte[0], "decide", policy, "--dance").exitCode());
        assertEquals(
                3, run(new byte[0], "--component", policy, "decide", policy).exitCode());
        assertEquals(0, run(new byte[0], "--help").exitCode());
    }
}
