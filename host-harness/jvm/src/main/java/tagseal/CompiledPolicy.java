package tagseal;

import tagseal.AnswerReader.Answer;

/**
 * An instance with a compiled document in it.
 *
 * @param guest the instance
 * @param policy the representation of the policy in it
 * @param revision the revision of the document
 * @param compiledBytes bytes of memory that it held when the document was compiled
 */
record CompiledPolicy(Guest guest, int policy, long revision, long compiledBytes) {
    /** Starts an instance and compiles a document in it. */
    static CompiledPolicy start(LoadedComponent component, byte[] document)
            throws InvalidDocumentException, CallException {
        Object compiled = Guest.start(component, guest -> {
            Answer answer =
                    guest.ask("[static]policy.compile", component.settings().answer(), document);
            if (!answer.isOk()) {
                return answer.value();
            }
            int policy = guest.accept(answer.value());
            return new CompiledPolicy(guest, policy, guest.revision(policy), guest.heldBytes());
        });
        if (compiled instanceof CompiledPolicy instance) {
            return instance;
        }
        throw new InvalidDocumentException(Answers.diagnostics(compiled));
    }
}
