package tagseal.command;

import java.time.Duration;
import tagseal.Settings;

/** Settings for the conformance vectors, some of which are as large as a document may be. */
final class VectorSettings {
    private VectorSettings() {}

    /** No deadline that a busy machine could miss, and as much memory as the runtime can give an instance. */
    static Settings settings() {
        return Settings.defaults()
                .withCompileDeadline(Duration.ofMinutes(10))
                .withDecisionDeadline(Duration.ofMinutes(1))
                .withMemory(2L << 30)
                .withAnswer(512L << 20)
                .withInstances(1);
    }
}
