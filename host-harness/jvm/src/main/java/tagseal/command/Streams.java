package tagseal.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard input and output.
 *
 * @param in the input
 * @param out the output, in UTF-8 whatever the locale is
 * @param err where people are spoken to
 */
record Streams(InputStream in, OutputStream out, PrintStream err) {
    /** Writes a line. The exit code of a command that has nothing more to do. */
    int line(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.write('\n');
        return 0;
    }

    /** Writes out what is kept back. */
    void flush() throws IOException {
        out.flush();
    }
}
