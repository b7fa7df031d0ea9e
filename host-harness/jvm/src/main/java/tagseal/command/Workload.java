package tagseal.command;

import java.util.List;
import java.util.stream.IntStream;
import tagseal.contract.Current;
import tagseal.contract.Event;

/**
 * What {@code bench} asks: the policy and the events of {@code tagseal bench} in Rust, so that the figures of hosts can be
 * compared.
 */
final class Workload {
    /** It has each kind of rule, and both kinds of namespace. */
    static final String POLICY =
            """
            {
              "version": 1,
              "instance": "bench",
              "rules": [
                { "id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"] },
                { "id": 2, "namespace": "team", "exempt": ["signatures", "referrers"], "protects": [
                  { "repositories": { "matches": "**" }, "tags": { "excludes": ["latest", "dev-*"] } } ] },
                { "id": 3, "namespace": "*", "protects": [
                  { "repositories": { "matches": "**" }, "tags": { "matches": "@release" } } ] }
              ]
            }
            """;

    private static final List<String> NAMESPACES = List.of("prod", "team", "without-a-rule");
    private static final int REPOSITORIES = 100;
    private static final int VERSIONS = 1_000;

    /** Takes neighbours far apart. */
    private static final long STRIDE = 1_000_003;

    private Workload() {}

    /** So many events, in turn: a first push, the same again, other content, {@code latest} moved, a tag deleted. */
    static List<Event> events(int count) {
        return IntStream.range(0, count).mapToObj(Workload::event).toList();
    }

    private static Event event(int index) {
        String namespace = NAMESPACES.get((int) (index * STRIDE % NAMESPACES.size()));
        String repository = namespace + "/team/app-" + index % REPOSITORIES;
        String tag = "v1." + index % VERSIONS + ".0";
        String pushed = digest(index);
        Current other = Current.digest(digest(index + 1));
        return switch (index % 5) {
            case 0 -> Event.push(repository, tag, pushed, Current.absent());
            case 1 -> Event.push(repository, tag, pushed, Current.digest(pushed));
            case 2 -> Event.push(repository, tag, pushed, other);
            case 3 -> Event.push(repository, "latest", pushed, other);
            default -> Event.deleteTag(repository, tag);
        };
    }

    private static String digest(int number) {
        return "sha256:%064x".formatted(number);
    }
}
