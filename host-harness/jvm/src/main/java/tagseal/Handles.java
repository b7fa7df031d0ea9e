package tagseal;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import tagseal.binary.MalformedComponentException;

/** The handles of one instance's resources: a number that the guest passes on, for a representation that only it knows. */
final class Handles {
    private final Map<Integer, Integer> representations = new HashMap<>();
    private int last;

    /** Makes a handle. */
    int add(int representation) {
        last++;
        representations.put(last, representation);
        return last;
    }

    /** The representation of a handle. */
    int representation(int handle) {
        return Optional.ofNullable(representations.get(handle)).orElseThrow(() -> unknown(handle));
    }

    /** Ends a handle and gives its representation. */
    int remove(int handle) {
        return Optional.ofNullable(representations.remove(handle)).orElseThrow(() -> unknown(handle));
    }

    private static MalformedComponentException unknown(int handle) {
        return new MalformedComponentException("there is no handle " + handle);
    }
}
