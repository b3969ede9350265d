package witness;

import java.util.Map;
import java.util.stream.Collectors;

/** Writes JSON on one line, in ASCII: maps, iterables, strings, numbers, booleans and null. */
final class Json {
  private Json() {}

  static String write(Object value) {
    if (value == null || value instanceof Number || value instanceof Boolean) {
      return String.valueOf(value);
    }
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> quote(String.valueOf(entry.getKey())) + ":" + write(entry.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    }
    if (value instanceof Iterable<?> items) {
      StringBuilder list = new StringBuilder("[");
      for (Object item : items) {
        list.append(list.length() > 1 ? "," : "").append(write(item));
      }
      return list.append("]").toString();
    }
    return quote(value.toString());
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char character : text.toCharArray()) {
      if (character == '"' || character == '\\') {
        quoted.append('\\').append(character);
      } else if (character < 0x20 || character > 0x7E) {
        quoted.append(String.format("\\u%04x", (int) character));
      } else {
        quoted.append(character);
      }
    }
    return quoted.append('"').toString();
  }
}
