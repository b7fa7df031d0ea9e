package tagseal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Facts about this build of the library. */
public final class Build {
    private static final Properties FACTS = read();

    private Build() {}

    /** The version of the library. */
    public static String version() {
        return FACTS.getProperty("version");
    }

    /** The version of the runtime, Endive. */
    public static String runtimeVersion() {
        return FACTS.getProperty("runtime-version");
    }

    /** The SHA-256 of the core module that was compiled to JVM code. */
    static String engineSha256() {
        return FACTS.getProperty("engine-sha256");
    }

    private static Properties read() {
        Properties facts = new Properties();
        try (InputStream in = Build.class.getResourceAsStream("build.properties")) {
            if (in == null) {
                throw new IllegalStateException("this build of tagseal lacks its file `build.properties`");
            }
            facts.load(in);
            return facts;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
