package tagseal.binary;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tagseal.binary.ValueType.Field;

/**
 * The type of a function of a component.
 *
 * @param parameters its parameters
 * @param result what it answers
 */
public record FunctionType(List<Field> parameters, Optional<ValueType> result) {
    /** The type as text, as WIT writes it, with all named types written out. */
    public String text() {
        return parameters.stream()
                        .map(field -> field.label() + ": " + field.type().text())
                        .collect(Collectors.joining(", ", "(", ")"))
                + result.map(type -> " -> " + type.text()).orElse("");
    }
}
