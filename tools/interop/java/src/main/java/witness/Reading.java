package witness;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.TerminalFactory;
import net.sf.scuba.smartcards.CardFileInputStream;
import net.sf.scuba.smartcards.CardServiceException;
import net.sf.scuba.smartcards.TerminalCardService;
import org.jmrtd.AccessKeySpec;
import org.jmrtd.BACKey;
import org.jmrtd.DefaultFileSystem;
import org.jmrtd.PACEKeySpec;
import org.jmrtd.PassportService;
import org.jmrtd.lds.CardAccessFile;
import org.jmrtd.lds.PACEInfo;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.protocol.PACECAMResult;
import org.jmrtd.protocol.PACEResult;
import org.jmrtd.protocol.ReadBinaryAPDUSender;

/** One chip, opened and read by JMRTD through the PC/SC service. */
final class Reading {
  private static final long CARD_MILLISECONDS = 5000;
  private static final Map<String, Short> FILES = fileIdentifiers();

  /** What is being done, for the answer if it fails. */
  String step = "job";

  /** What was read, whole files only. */
  final Map<String, byte[]> files = new LinkedHashMap<>();

  /** What JMRTD says of the way in. */
  final Map<String, Object> facts = new LinkedHashMap<>();

  void run(Job job) throws Exception {
    step = "connect";
    TerminalCardService terminal = new TerminalCardService(terminal(job.text("reader")));
    PassportService service =
        new PassportService(
            terminal,
            job.number("transceive"),
            job.number("block"),
            job.flag("sfi"),
            true); // check the MAC of every response
    try {
      service.open();
      checkCard(terminal, job.text("atr"));
      open(service, job);
      readAll(service, job);
    } finally {
      service.close();
    }
  }

  /** The files, under the keys of chip authentication if the job asks for it. */
  private void readAll(PassportService service, Job job) throws Exception {
    if (job.has("ca")) {
      read(service, job, "DG14");
      step = "CA";
      BigInteger id = job.has("ca_key") ? BigInteger.valueOf(job.number("ca_key")) : null;
      facts.putAll(Proofs.chip(service, files.get("DG14"), job.text("ca"), id));
    }
    for (String name : job.list("files")) {
      read(service, job, name);
    }
    if (job.has("ca")) {
      facts.put("ca.valid", true); // the chip, too, has the new keys
    }
    if (job.has("aa")) {
      step = "AA";
      byte[] challenge = HexFormat.of().parseHex(job.text("aa"));
      facts.putAll(Proofs.active(service, files.get("DG15"), files.get("DG14"), challenge));
    }
  }

  private static CardTerminal terminal(String name) throws Exception {
    CardTerminal terminal = TerminalFactory.getDefault().terminals().getTerminal(name);
    if (terminal == null) {
      throw new CardServiceException("no such reader");
    }
    if (!terminal.waitForCardPresent(CARD_MILLISECONDS)) {
      throw new CardServiceException("no card on the reader");
    }
    return terminal;
  }

  private static void checkCard(TerminalCardService terminal, String atr)
      throws CardServiceException {
    if (!HexFormat.of().formatHex(terminal.getATR()).equals(atr)) {
      throw new CardServiceException("another card is on the reader");
    }
  }

  private void open(PassportService service, Job job) throws Exception {
    facts.put("access.protocol", job.text("access"));
    if (job.text("access").equals("BAC")) {
      step = "SELECT";
      service.sendSelectApplet(false);
      step = "BAC";
      service.doBAC(mrzKey(job));
      return;
    }
    read(service, job, "EF.CardAccess");
    step = "EF.CardAccess";
    PACEInfo info = chosen(job.text("oid"), BigInteger.valueOf(job.number("parameter")));
    step = "PACE";
    PACEResult result =
        service.doPACE(
            paceKey(job),
            info.getObjectIdentifier(),
            PACEInfo.toParameterSpec(info.getParameterId()),
            job.flag("named") ? info.getParameterId() : null);
    facts.put("access.mapping", result.getMappingType().name());
    facts.put("access.agreement", result.getAgreementAlg());
    facts.put("access.cipher", result.getCipherAlg());
    facts.put("access.key_length", result.getKeyLength());
    if (result instanceof PACECAMResult cam) {
      readCardSecurity(service, job.number("block"));
      step = "CAM";
      facts.putAll(Proofs.mapping(cam, files.get("EF.CardSecurity"), info.getParameterId()));
    }
    step = "SELECT";
    service.sendSelectApplet(true);
  }

  private static BACKey mrzKey(Job job) {
    return new BACKey(job.text("number"), job.text("birth"), job.text("expiry"));
  }

  private static AccessKeySpec paceKey(Job job) throws Exception {
    if (job.has("can")) {
      return PACEKeySpec.createCANKey(job.text("can"));
    }
    return PACEKeySpec.createMRZKey(mrzKey(job));
  }

  /** The PACEInfo of EF.CardAccess that the job names. */
  private PACEInfo chosen(String oid, BigInteger parameter) throws IOException {
    CardAccessFile file = new CardAccessFile(new ByteArrayInputStream(files.get("EF.CardAccess")));
    List<String> offered = new ArrayList<>();
    PACEInfo chosen = null;
    for (SecurityInfo info : file.getSecurityInfos()) {
      if (info instanceof PACEInfo pace) {
        offered.add(pace.getObjectIdentifier() + "/" + pace.getParameterId());
        if (pace.getObjectIdentifier().equals(oid) && parameter.equals(pace.getParameterId())) {
          chosen = pace;
        }
      }
    }
    Collections.sort(offered); // JMRTD keeps them in no order
    facts.put("access.offered", offered);
    if (chosen == null) {
      throw new IllegalArgumentException("EF.CardAccess does not offer " + oid + "/" + parameter);
    }
    return chosen;
  }

  private void read(PassportService service, Job job, String name) throws Exception {
    step = "read " + name;
    try (InputStream stream = service.getInputStream(FILES.get(name), job.number("block"))) {
      files.put(name, stream.readAllBytes());
    }
  }

  /** JMRTD's service reads the master file without secure messaging, its file system with it. */
  private void readCardSecurity(PassportService service, int block) throws Exception {
    step = "read EF.CardSecurity";
    DefaultFileSystem master = new DefaultFileSystem(new ReadBinaryAPDUSender(service), false);
    master.setWrapper(service.getWrapper());
    master.selectFile(PassportService.EF_CARD_SECURITY);
    try (InputStream stream = new CardFileInputStream(block, master)) {
      files.put("EF.CardSecurity", stream.readAllBytes());
    }
  }

  /** The files in hexadecimal. */
  Map<String, String> encoded() {
    Map<String, String> encoded = new LinkedHashMap<>();
    files.forEach((name, content) -> encoded.put(name, HexFormat.of().formatHex(content)));
    return encoded;
  }

  private static Map<String, Short> fileIdentifiers() {
    Map<String, Short> known = new LinkedHashMap<>();
    known.put("EF.CardAccess", PassportService.EF_CARD_ACCESS);
    known.put("EF.COM", PassportService.EF_COM);
    known.put("EF.SOD", PassportService.EF_SOD);
    for (int number = 1; number <= 16; number++) {
      known.put("DG" + number, (short) (PassportService.EF_DG1 - 1 + number));
    }
    return known;
  }
}
