package tagseal.vectors;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;

/** A policy document as a text: where its rules are, and what else it says. */
final class Outline {
    /** A rule: its id, and where its text begins and ends. */
    record Rule(long id, int start, int end) {}

    private final String text;
    private final List<Rule> rules = new ArrayList<>();
    private final Map<String, String> others = new TreeMap<>();

    private Outline(String text) {
        this.text = text;
    }

    /** Reads a document that is valid. */
    static Outline read(String document) {
        Outline outline = new Outline(document);
        JsonReader in = new JsonReader(document);
        in.beginObject();
        for (Optional<String> name = in.nextName(true); name.isPresent(); name = in.nextName(false)) {
            if (name.get().equals("rules")) {
                outline.readRules(in);
            } else {
                in.space();
                int start = in.position();
                in.value();
                outline.others.put(name.get(), document.substring(start, in.position()));
            }
        }
        return outline;
    }

    private void readRules(JsonReader in) {
        in.beginArray();
        for (boolean more = in.nextElement(true); more; more = in.nextElement(false)) {
            in.space();
            int start = in.position();
            JsonValue id = in.value().asObject().get("id").orElse(JsonValue.NULL);
            rules.add(new Rule(id.asUnsigned(), start, in.position()));
        }
    }

    long revision() {
        return number("revision");
    }

    long nextId() {
        return number("next-id");
    }

    /** The least id that was never given, as far as the document says. */
    long freeId() {
        long greatest = rules.stream().mapToLong(Rule::id).max().orElse(0);
        return Math.max(greatest + 1, nextId());
    }

    boolean has(long id) {
        return rules.stream().anyMatch(rule -> rule.id() == id);
    }

    /** The texts of all rules that are not among these. */
    List<String> textsOf(Set<Long> ids) {
        return rules.stream()
                .filter(rule -> ids.contains(rule.id()))
                .map(this::text)
                .toList();
    }

    /** Whether both have the same rules, byte for byte and in the same order, but for those with these ids. */
    boolean hasSameRules(Outline other, Set<Long> except) {
        List<Rule> own = without(except);
        List<Rule> others = other.without(except);
        if (own.size() != others.size()) {
            return false;
        }
        for (int index = 0; index < own.size(); index++) {
            Rule one = own.get(index);
            Rule two = others.get(index);
            int length = one.end() - one.start();
            if (length != two.end() - two.start()
                    || !text.regionMatches(one.start(), other.text, two.start(), length)) {
                return false;
            }
        }
        return true;
    }

    /** Whether both have the same fields, byte for byte, but for their rules and these fields. */
    boolean hasSameFields(Outline other, Set<String> except) {
        Map<String, String> own = new TreeMap<>(others);
        Map<String, String> theirs = new TreeMap<>(other.others);
        own.keySet().removeAll(except);
        theirs.keySet().removeAll(except);
        return own.equals(theirs);
    }

    private List<Rule> without(Set<Long> ids) {
        return ids.isEmpty()
                ? rules
                : rules.stream().filter(rule -> !ids.contains(rule.id())).toList();
    }

    private String text(Rule rule) {
        return text.substring(rule.start(), rule.end());
    }

    private long number(String field) {
        return Optional.ofNullable(others.get(field))
                .map(Long::parseUnsignedLong)
                .orElse(0L);
    }
}
