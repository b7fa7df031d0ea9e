package tagseal;

import java.util.Optional;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.Memory;
import tagseal.binary.LiftedFunction;
import tagseal.binary.ValueType;
import tagseal.binary.ValueType.Primitive;

/** One exported function of one instance. Arguments are texts, or the representation of a policy. */
final class GuestFunction {
    private final ValueType result;
    private final ExportFunction function;
    private final Memory memory;
    private final Optional<ExportFunction> realloc;
    private final Optional<ExportFunction> postReturn;

    GuestFunction(LiftedFunction lifted, CoreInstances instances) {
        this.result = lifted.type().result().orElseThrow();
        this.function = instances.function(lifted.function());
        this.memory = lifted.memory().map(instances::memory).orElse(null);
        this.realloc = lifted.realloc().map(instances::function);
        this.postReturn = lifted.postReturn().map(instances::function);
    }

    /** Calls the function and reads an answer of at most so many bytes. */
    Object call(long answerBytes, int representation, byte[]... texts) {
        return call(answerBytes, 1, representation, texts);
    }

    /** Calls a function that is for no policy. */
    Object callStatic(long answerBytes, byte[]... texts) {
        return call(answerBytes, 0, 0, texts);
    }

    private Object call(long answerBytes, int first, int representation, byte[][] texts) {
        long[] arguments = new long[first + 2 * texts.length];
        if (first == 1) {
            arguments[0] = representation;
        }
        for (int index = 0; index < texts.length; index++) {
            arguments[first + 2 * index] = write(texts[index]);
            arguments[first + 2 * index + 1] = texts[index].length;
        }
        long returned = function.apply(arguments)[0];
        // A number is returned as it is, everything else by its address.
        Object answer = result == Primitive.U64
                ? returned
                : new AnswerReader(memory, answerBytes).read(result, Integer.toUnsignedLong((int) returned));
        postReturn.ifPresent(done -> done.apply(returned));
        return answer;
    }

    private long write(byte[] text) {
        long address = Integer.toUnsignedLong((int) realloc.orElseThrow().apply(0, 0, 1, text.length)[0]);
        if (address + text.length > (long) memory.pages() * Memory.PAGE_SIZE) {
            throw new ContractViolationException("an argument is wanted outside of the memory");
        }
        memory.write((int) address, text);
        return address;
    }
}
