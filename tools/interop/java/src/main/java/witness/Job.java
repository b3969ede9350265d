package witness;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What one line asks for: {@code name=value} pairs, separated by tabs. */
record Job(Map<String, String> values) {

  static Job parse(String line) {
    Map<String, String> values = new HashMap<>();
    for (String pair : line.split("\t")) {
      int end = pair.indexOf('=');
      if (end < 1 || values.put(pair.substring(0, end), pair.substring(end + 1)) != null) {
        throw new IllegalArgumentException("not a job of distinct name=value pairs");
      }
    }
    return new Job(values);
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  String text(String name) {
    if (!has(name)) {
      throw new IllegalArgumentException("the job does not say " + name);
    }
    return values.get(name);
  }

  int number(String name) {
    return Integer.parseInt(text(name));
  }

  boolean flag(String name) {
    return text(name).equals("true");
  }

  List<String> list(String name) {
    return List.of(text(name).split(","));
  }
}
