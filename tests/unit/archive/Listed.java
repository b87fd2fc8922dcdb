import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.util.Collections;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/** Prints what Java reads of archives: each argument is "stream:", "header:" or "directory:" and a path. */
class Listed {
    public static void main(String[] arguments) throws Exception {
        for (String argument : arguments) {
            String[] how = argument.split(":", 2);
            switch (how[0]) {
                case "stream" -> streamed(how[1], Integer.MAX_VALUE);
                case "header" -> streamed(how[1], 1);
                default -> directory(how[1]);
            }
            System.out.println();
        }
    }

    /** From the front to the back, as from a pipe; of the last of "most" entries the header alone. */
    static void streamed(String path, int most) throws Exception {
        try (var archive = new ZipInputStream(new BufferedInputStream(new FileInputStream(path)))) {
            byte[] buffer = new byte[1 << 16];
            for (ZipEntry entry; most-- > 0 && (entry = archive.getNextEntry()) != null; ) {
                CRC32 crc = new CRC32();
                for (int read; most > 0 && (read = archive.read(buffer)) > 0; ) {
                    crc.update(buffer, 0, read);
                }
                System.out.println(entry.getName() + " " + entry.getSize() + " " + crc.getValue());
            }
        }
    }

    /** From the central directory. */
    static void directory(String path) throws Exception {
        try (var archive = new ZipFile(path)) {
            for (ZipEntry entry : Collections.list(archive.entries())) {
                System.out.println(entry.getName() + " " + entry.getSize() + " " + entry.getCrc());
            }
        }
    }
}
