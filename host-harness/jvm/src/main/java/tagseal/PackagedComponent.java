package tagseal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The component that was put beside the classes when this library was built, and the table of its interface. */
final class PackagedComponent {
    private PackagedComponent() {}

    /** The component itself. */
    static byte[] bytes() {
        return resource("tagseal.wasm");
    }

    /** The table of the functions of the contract and their types. */
    static String interfaceTable() {
        return new String(resource("interface.json"), StandardCharsets.UTF_8);
    }

    private static byte[] resource(String name) {
        try (InputStream in = PackagedComponent.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("this build of tagseal lacks its file `" + name + "`");
            }
            return in.readAllBytes();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
