package tagseal;

import java.time.Duration;

/**
 * What a component may use, and how many instances of it there are.
 *
 * @param compileDeadline how long it may take to load a component that is not the packaged one, to compile a document, its
 *     instance included, and to change, list, import or export rules
 * @param decisionDeadline how long a decision may take, and how long one waits for an instance while all are busy
 * @param memory bytes of memory that one instance may hold, tables included; at most 2 GiB are of use
 * @param growth bytes by which an instance may outgrow what it held once its document was compiled; one that holds more
 *     after a call is replaced
 * @param answer bytes that one answer may take, not counting those of the document that was given
 * @param component bytes of a component file
 * @param instances instances that one policy may have; the first is made with the policy, the others when threads wait
 */
public record Settings(
        Duration compileDeadline,
        Duration decisionDeadline,
        long memory,
        long growth,
        long answer,
        long component,
        int instances) {

    /** Refuses what would let nothing run. */
    public Settings {
        if (compileDeadline.isNegative() || decisionDeadline.isNegative() || memory < 0 || growth < 0) {
            throw new IllegalArgumentException("deadlines and sizes are not negative");
        }
        if (instances < 1) {
            throw new IllegalArgumentException("a policy needs at least one instance");
        }
    }

    /**
     * Settings that fit a hundred thousand rules, with room: 30 seconds to compile, one second to decide, and as many
     * instances as there are processors. An instance may hold half of what the JVM's heap may grow to, at most 2 GiB.
     */
    public static Settings defaults() {
        return new Settings(
                Duration.ofSeconds(30),
                Duration.ofSeconds(1),
                Math.min(2L << 30, Runtime.getRuntime().maxMemory() / 2),
                256L << 20,
                64L << 20,
                64L << 20,
                Runtime.getRuntime().availableProcessors());
    }

    /** The same with another deadline for compiling and for changes. */
    public Settings withCompileDeadline(Duration deadline) {
        return new Settings(deadline, decisionDeadline, memory, growth, answer, component, instances);
    }

    /** The same with another deadline for decisions. */
    public Settings withDecisionDeadline(Duration deadline) {
        return new Settings(compileDeadline, deadline, memory, growth, answer, component, instances);
    }

    /** The same with another cap on the memory of an instance. */
    public Settings withMemory(long bytes) {
        return new Settings(compileDeadline, decisionDeadline, bytes, growth, answer, component, instances);
    }

    /** The same with another bound on what an instance may grow by. */
    public Settings withGrowth(long bytes) {
        return new Settings(compileDeadline, decisionDeadline, memory, bytes, answer, component, instances);
    }

    /** The same with another cap on answers. */
    public Settings withAnswer(long bytes) {
        return new Settings(compileDeadline, decisionDeadline, memory, growth, bytes, component, instances);
    }

    /** The same with another cap on the file of the component. */
    public Settings withComponent(long bytes) {
        return new Settings(compileDeadline, decisionDeadline, memory, growth, answer, bytes, instances);
    }

    /** The same with another number of instances. */
    public Settings withInstances(int count) {
        return new Settings(compileDeadline, decisionDeadline, memory, growth, answer, component, count);
    }
}
