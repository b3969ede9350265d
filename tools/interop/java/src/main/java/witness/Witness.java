package witness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.sf.scuba.smartcards.CardServiceException;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * A foreign reader for epass: each line of standard input is a {@link Job}, each line of standard
 * output what JMRTD read and understood, or why it could not. One process serves all jobs.
 */
public final class Witness {
  private Witness() {}

  public static void main(String[] arguments) throws IOException {
    Logger.getLogger("").setLevel(Level.OFF);
    // First, because JMRTD names keys as only this provider lets it in PACE with integrated mapping.
    Security.insertProviderAt(new BouncyCastleProvider(), 1);
    PrintStream answers = System.out;
    System.setOut(System.err); // whatever a library prints is no answer
    BufferedReader jobs =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = jobs.readLine(); line != null; line = jobs.readLine()) {
      answers.println(Json.write(answer(line)));
      answers.flush();
    }
  }

  /** A job that fails is an answer too: which step, what was thrown, and the status word. */
  private static Map<String, Object> answer(String line) {
    Map<String, Object> answer = new LinkedHashMap<>();
    Reading reading = new Reading();
    try {
      reading.run(Job.parse(line));
      reading.step = "parse";
      reading.facts.putAll(Facts.of(reading.files));
    } catch (Exception | LinkageError error) {
      answer.put("error", describe(error, reading.step));
    }
    answer.put("files", reading.encoded());
    answer.put("facts", reading.facts);
    return answer;
  }

  private static Map<String, Object> describe(Throwable error, String step) {
    Map<String, Object> description = new LinkedHashMap<>();
    List<String> causes = new ArrayList<>();
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      causes.add(cause.getClass().getName() + ": " + cause.getMessage());
      if (cause instanceof CardServiceException refused && refused.getSW() > 0) {
        description.put("sw", String.format("%04X", refused.getSW()));
      }
    }
    description.put("step", step);
    description.put("causes", causes);
    return description;
  }
}
