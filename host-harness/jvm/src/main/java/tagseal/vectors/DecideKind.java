package tagseal.vectors;

import java.util.Optional;
import java.util.Set;
import tagseal.CallException;
import tagseal.Policy;
import tagseal.contract.Decision;
import tagseal.contract.Event;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;
import tagseal.vectors.Subject.Compiled;

/** {@code decide}: an event is decided by a document. */
final class DecideKind implements Kind {
    @Override
    public Set<String> fields() {
        return Set.of("document", "event", "text", "decision");
    }

    @Override
    public JsonValue expected(TestVector vector) {
        return Shorthand.expand(vector.field("decision"));
    }

    @Override
    public Answer ask(TestVector vector, Subject subject) throws CallException {
        Compiled compiled = subject.compile(vector.document());
        Invariants invariants = new Invariants();
        if (compiled.policy().isEmpty()) {
            return new Answer(AnswerJson.object("problems", compiled.problems().orElseThrow()), invariants.faults());
        }
        Policy policy = compiled.policy().get();
        String event = vector.input("event", "text");
        String json = policy.evaluateJson(event);
        Decision decision = Decision.read(json);
        invariants.line(decision.message());
        invariants.require(
                decision.message().isEmpty() == decision.isAllowed(),
                "a message where something is denied, and none where all is allowed");
        invariants.require(decision.toJson().equals(json), "the same text when the decision is written again");
        Optional<Event> typed = EventReader.read(event);
        if (typed.isPresent()) {
            Decision again = policy.tryEvaluate(typed.get());
            invariants.require(
                    again.equals(decision), "the same decision when it is asked typed, found " + again.toJson());
        }
        return new Answer(JsonReader.read(json), invariants.faults());
    }
}
