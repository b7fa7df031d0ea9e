package tagseal.vectors;

import java.util.Set;
import tagseal.CallException;
import tagseal.json.JsonValue;

/** A kind of vectors: how they are asked, and what holds for every answer. */
interface Kind {
    /** The fields that a vector may have, besides its name. */
    Set<String> fields();

    /** What is expected. */
    JsonValue expected(TestVector vector);

    /** Asks. */
    Answer ask(TestVector vector, Subject subject) throws CallException;
}
