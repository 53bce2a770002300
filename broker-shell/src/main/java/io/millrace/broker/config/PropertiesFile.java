package io.millrace.broker.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * A file in the format of {@link Properties}, read so that every entry knows its line.
 *
 * <p>The file is cut into logical lines here (comments dropped, continuations joined); what is inside a line, escapes
 * included, is left to {@link Properties} itself.
 */
final class PropertiesFile {
    private PropertiesFile() {}

    static List<Setting> read(final Path file) {
        final List<String> lines = linesOf(file);
        final List<Setting> settings = new ArrayList<>();
        for (int at = 0; at < lines.size(); ) {
            final int first = at;
            final StringBuilder logical = new StringBuilder(lines.get(at++));
            while (isEntry(logical) && continues(logical) && at < lines.size()) {
                logical.append('\n').append(lines.get(at++));
            }
            parse(logical.toString(), file + ":" + (first + 1), settings);
        }
        return settings;
    }

    private static List<String> linesOf(final Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (final NoSuchFileException e) {
            throw new ConfigException("cannot read " + file + ": no such file");
        } catch (final MalformedInputException e) {
            throw new ConfigException("cannot read " + file + ": it is not a text file in UTF-8");
        } catch (final IOException e) {
            throw new ConfigException("cannot read " + file + ": " + e.getMessage());
        }
    }

    private static boolean isEntry(final CharSequence line) {
        final String text = line.toString().stripLeading();
        return !text.isEmpty() && text.charAt(0) != '#' && text.charAt(0) != '!';
    }

    /** An odd number of backslashes at the end joins the next line. */
    private static boolean continues(final CharSequence line) {
        int count = 0;
        for (int at = line.length() - 1; at >= 0 && line.charAt(at) == '\\'; at--) {
            count++;
        }
        return count % 2 == 1;
    }

    private static void parse(final String logical, final String where, final List<Setting> into) {
        final Properties entry = new Properties();
        try {
            entry.load(new StringReader(logical));
        } catch (final IOException | IllegalArgumentException e) {
            throw new ConfigException("cannot read the line: " + e.getMessage() + " (" + where + ")");
        }
        for (final String name : entry.stringPropertyNames()) {
            into.add(new Setting(name, entry.getProperty(name).strip(), where));
        }
    }
}
