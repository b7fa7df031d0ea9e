package tagseal.binary;

import java.util.Optional;

/**
 * A core function that a component exports as a function of a type.
 *
 * @param type its type
 * @param function the core function
 * @param memory the memory in which its arguments and its answer are
 * @param realloc the core function that makes room for arguments
 * @param postReturn the core function that is called when the answer was read
 */
public record LiftedFunction(
        FunctionType type,
        CoreItem function,
        Optional<CoreItem> memory,
        Optional<CoreItem> realloc,
        Optional<CoreItem> postReturn) {}
