import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Prepares the component for the build: {@code java PackageComponent.java COMPONENT INTERFACE FOLDER VERSION RUNTIME-VERSION}.
 *
 * <p>The component, the table of its interface and a few facts about the build become resources of the jar. The engine, which
 * is the component's largest core module, is written to {@code engine.wasm}, from which the runtime's plugin makes JVM code.
 */
final class PackageComponent {
    private static final byte[] COMPONENT = {0, 'a', 's', 'm', 13, 0, 1, 0};
    private static final int CORE_MODULE_SECTION = 1;

    private final byte[] bytes;
    private int position = COMPONENT.length;

    private PackageComponent(byte[] bytes) {
        this.bytes = bytes;
    }

    public static void main(String[] arguments) throws IOException, NoSuchAlgorithmException {
        Path component = Path.of(arguments[0]);
        if (!Files.exists(component)) {
            System.err.println("there is no component at " + component + "; give another with -Dtagseal.component=FILE");
            System.exit(1);
        }
        byte[] bytes = Files.readAllBytes(component);
        byte[] engine = new PackageComponent(bytes).engine();
        Path folder = Path.of(arguments[2]);
        Path resources = Files.createDirectories(folder.resolve("resources").resolve("tagseal"));
        Files.write(folder.resolve("engine.wasm"), engine);
        Files.write(resources.resolve("tagseal.wasm"), bytes);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(engine);
        String facts = "engine-sha256=%s%nversion=%s%nruntime-version=%s%n"
                .formatted(HexFormat.of().formatHex(digest), arguments[3], arguments[4]);
        Files.writeString(resources.resolve("build.properties"), facts);
        Files.write(resources.resolve("interface.json"), Files.readAllBytes(Path.of(arguments[1])));
    }

    private byte[] engine() {
        if (!Arrays.equals(bytes, 0, COMPONENT.length, COMPONENT, 0, COMPONENT.length)) {
            throw new IllegalArgumentException("not a component");
        }
        byte[] largest = {};
        while (position < bytes.length) {
            int id = bytes[position++];
            int size = number();
            if (id == CORE_MODULE_SECTION && size > largest.length) {
                largest = Arrays.copyOfRange(bytes, position, position + size);
            }
            position += size;
        }
        return largest;
    }

    private int number() {
        int number = 0;
        for (int shift = 0; ; shift += 7) {
            int next = bytes[position++];
            number |= (next & 0x7f) << shift;
            if (next >= 0) {
                return number;
            }
        }
    }
}
