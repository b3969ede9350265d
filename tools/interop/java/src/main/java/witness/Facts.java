package witness;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jmrtd.cbeff.BiometricDataBlock;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.COMFile;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG1File;
import org.jmrtd.lds.icao.DG2File;
import org.jmrtd.lds.icao.MRZInfo;
import org.jmrtd.lds.iso19794.FaceImageInfo;
import org.jmrtd.lds.iso19794.FaceInfo;

/** What JMRTD's own parsers say of the files, one flat fact after the other. */
final class Facts {
  private final Map<String, byte[]> files;
  private final Map<String, Object> facts = new LinkedHashMap<>();

  private Facts(Map<String, byte[]> files) {
    this.files = files;
  }

  static Map<String, Object> of(Map<String, byte[]> files) throws Exception {
    Facts all = new Facts(files);
    if (files.containsKey("EF.COM")) {
      all.com(new COMFile(all.open("EF.COM")));
    }
    if (files.containsKey("DG1")) {
      all.mrz(new DG1File(all.open("DG1")).getMRZInfo());
    }
    if (files.containsKey("DG2")) {
      all.faces(new DG2File(all.open("DG2")));
    }
    if (files.containsKey("DG14")) {
      all.security(new DG14File(all.open("DG14")));
    }
    if (files.containsKey("EF.SOD")) {
      all.sod(new SODFile(all.open("EF.SOD")));
    }
    return all.facts;
  }

  private InputStream open(String name) {
    return new ByteArrayInputStream(files.get(name));
  }

  private void com(COMFile com) {
    facts.put("com.lds_version", com.getLDSVersion());
    facts.put("com.unicode_version", com.getUnicodeVersion());
    List<Integer> tags = new ArrayList<>();
    for (int tag : com.getTagList()) {
      tags.add(tag);
    }
    facts.put("com.tags", tags);
  }

  private void mrz(MRZInfo mrz) {
    facts.put("mrz.text", mrz.toString().replace("\n", ""));
    facts.put("mrz.document_code", mrz.getDocumentCode());
    facts.put("mrz.issuing_state", mrz.getIssuingState());
    facts.put("mrz.primary_identifier", mrz.getPrimaryIdentifier());
    facts.put("mrz.secondary_identifier", mrz.getSecondaryIdentifier());
    facts.put("mrz.nationality", mrz.getNationality());
    facts.put("mrz.document_number", mrz.getDocumentNumber());
    facts.put("mrz.date_of_birth", mrz.getDateOfBirth());
    facts.put("mrz.date_of_expiry", mrz.getDateOfExpiry());
    facts.put("mrz.sex", mrz.getGenderCode().name());
    facts.put("mrz.optional_data_1", mrz.getOptionalData1());
    facts.put("mrz.optional_data_2", mrz.getOptionalData2());
  }

  private void faces(DG2File group) throws IOException, GeneralSecurityException {
    List<Object> faces = new ArrayList<>();
    for (BiometricDataBlock block : group.getSubRecords()) {
      for (FaceImageInfo face : ((FaceInfo) block).getFaceImageInfos()) {
        faces.add(face(face));
      }
    }
    facts.put("dg2.faces", faces);
  }

  private static Map<String, Object> face(FaceImageInfo face)
      throws IOException, GeneralSecurityException {
    byte[] image = new byte[face.getImageLength()];
    try (DataInputStream stream = new DataInputStream(face.getImageInputStream())) {
      stream.readFully(image);
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("image_sha256", sha256(image));
    facts.put("image_size", image.length);
    facts.put("mime_type", face.getMimeType());
    facts.put("width", face.getWidth());
    facts.put("height", face.getHeight());
    facts.put("sex", face.getGender().name());
    facts.put("eye_color", face.getEyeColor().toInt());
    facts.put("hair_color", face.getHairColor());
    facts.put("expression", face.getExpression());
    facts.put("feature_points", face.getFeaturePoints().length);
    facts.put("quality", face.getQuality());
    return facts;
  }

  private void security(DG14File file) {
    List<String> identifiers = new ArrayList<>();
    for (SecurityInfo info : file.getSecurityInfos()) {
      identifiers.add(info.getObjectIdentifier());
    }
    Collections.sort(identifiers); // JMRTD keeps them in no order
    facts.put("dg14.infos", identifiers);
  }

  private void sod(SODFile sod) throws GeneralSecurityException, InvalidNameException {
    facts.put("sod.lds_version", sod.getLDSVersion());
    facts.put("sod.unicode_version", sod.getUnicodeVersion());
    facts.put("sod.digest_algorithm", sod.getDigestAlgorithm());
    facts.put("sod.signer_digest_algorithm", sod.getSignerInfoDigestAlgorithm());
    facts.put("sod.signature_algorithm", sod.getDigestEncryptionAlgorithm());
    Map<Integer, byte[]> digests = new TreeMap<>(sod.getDataGroupHashes());
    Map<String, String> encoded = new LinkedHashMap<>();
    Map<String, Boolean> matches = new LinkedHashMap<>();
    for (Map.Entry<Integer, byte[]> entry : digests.entrySet()) {
      String name = "DG" + entry.getKey();
      encoded.put(name, hex(entry.getValue()));
      if (files.containsKey(name)) {
        byte[] computed =
            MessageDigest.getInstance(sod.getDigestAlgorithm()).digest(files.get(name));
        matches.put(name, MessageDigest.isEqual(computed, entry.getValue()));
      }
    }
    facts.put("sod.digests", encoded);
    facts.put("sod.digests_match", matches);
    signer(sod);
  }

  private void signer(SODFile sod) throws GeneralSecurityException, InvalidNameException {
    X509Certificate certificate = sod.getDocSigningCertificate();
    facts.put("sod.signer_issuer", name(sod.getIssuerX500Principal()));
    facts.put("sod.signer_serial", sod.getSerialNumber());
    facts.put(
        "sod.signer_key_id",
        sod.getSubjectKeyIdentifier() == null ? null : hex(sod.getSubjectKeyIdentifier()));
    facts.put("sod.certificate_sha256", sha256(certificate.getEncoded()));
    facts.put("sod.certificate_subject", name(certificate.getSubjectX500Principal()));
    facts.put("sod.certificate_issuer", name(certificate.getIssuerX500Principal()));
    facts.put("sod.certificate_serial", certificate.getSerialNumber());
    facts.put("sod.signature_valid", isSigned(sod, certificate));
  }

  private static boolean isSigned(SODFile sod, X509Certificate certificate)
      throws GeneralSecurityException {
    // JMRTD calls RSASSA-PSS "SSAwithRSA/PSS"; the provider wants the digest in the name.
    String digest = sod.getSignerInfoDigestAlgorithm().replace("-", "");
    String algorithm = sod.getDigestEncryptionAlgorithm().replace("SSAwith", digest + "with");
    Signature signature = Signature.getInstance(algorithm, BouncyCastleProvider.PROVIDER_NAME);
    if (sod.getDigestEncryptionAlgorithmParams() != null) {
      signature.setParameter(sod.getDigestEncryptionAlgorithmParams());
    }
    signature.initVerify(certificate.getPublicKey());
    signature.update(sod.getEContent());
    return signature.verify(sod.getEncryptedDigest());
  }

  /** Attributes in the order of their encoding, without escapes. */
  private static String name(X500Principal name) throws InvalidNameException {
    if (name == null) {
      return null;
    }
    List<String> parts = new ArrayList<>();
    for (Rdn part : new LdapName(name.getName()).getRdns()) {
      parts.add(part.getType() + "=" + part.getValue());
    }
    return String.join(", ", parts);
  }

  private static String sha256(byte[] content) throws GeneralSecurityException {
    return hex(MessageDigest.getInstance("SHA-256").digest(content));
  }

  private static String hex(byte[] content) {
    return HexFormat.of().formatHex(content);
  }
}
