package tagseal;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import tagseal.contract.Current;
import tagseal.contract.Event;

/** What several tests need. */
public final class Fixtures {
    /** A document with one rule. */
    public static final String DOCUMENT =
            """
            {"version": 1, "revision": 7, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}
            """;

    /** A digest. */
    public static final String DIGEST = "sha256:" + "a".repeat(64);

    private Fixtures() {}

    /** The packaged component, with deadlines that a busy machine can keep. */
    public static Component packaged() throws LoadException {
        return Component.packaged(patient());
    }

    /** Settings with deadlines that a busy machine can keep. */
    public static Settings patient() {
        return Settings.defaults()
                .withCompileDeadline(Duration.ofMinutes(5))
                .withDecisionDeadline(Duration.ofMinutes(1));
    }

    /** A push of a protected tag that has another digest. */
    public static Event move() {
        return Event.push("prod/app", "v1", DIGEST, Current.digest("sha256:" + "b".repeat(64)));
    }

    /**
     * A component of {@code tests/hostile} in the binary format. Nothing for Java reads their text, so the workspace writes
     * them: {@code cargo run --release -p tagseal-tests --example hostile -- FOLDER}.
     */
    public static byte[] hostile(String name) throws IOException {
        String folder = System.getenv("TAGSEAL_HOSTILE");
        if (folder == null) {
            if ("true".equals(System.getenv("CI"))) {
                throw new IllegalStateException("TAGSEAL_HOSTILE names no folder");
            }
            abort("TAGSEAL_HOSTILE names no folder");
        }
        return Files.readAllBytes(Path.of(folder, name + ".wasm"));
    }
}
