package tagseal.vectors;

import java.util.List;
import tagseal.json.JsonValue;

/**
 * What was answered to a vector.
 *
 * @param value the answer, with what it is under its name
 * @param faults what is wrong with it, whatever was expected
 */
record Answer(JsonValue value, List<String> faults) {}
