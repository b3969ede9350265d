package witness;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECPoint;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.engines.RSAEngine;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.signers.ISO9796d2Signer;
import org.bouncycastle.crypto.util.DigestFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jmrtd.PassportService;
import org.jmrtd.Util;
import org.jmrtd.lds.ActiveAuthenticationInfo;
import org.jmrtd.lds.CardSecurityFile;
import org.jmrtd.lds.ChipAuthenticationPublicKeyInfo;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG15File;
import org.jmrtd.protocol.AAResult;
import org.jmrtd.protocol.EACCAResult;
import org.jmrtd.protocol.PACECAMResult;
import org.jmrtd.protocol.PACEGMWithECDHMappingResult;

/**
 * How a chip shows that it is no copy: Doc 9303-11, sections 4.4.3.5, 6.1 and 6.2. JMRTD talks to
 * the chip; what it leaves to its caller, the verification, is done here with Bouncy Castle.
 */
final class Proofs {
  private Proofs() {}

  /**
   * Chip Authentication with the key of DG14 that has {@code keyId}, or with its only one. Whether
   * the chip knows the private key, the next command shows: it is protected by the new keys.
   */
  static Map<String, Object> chip(PassportService service, byte[] dg14, String oid, BigInteger id)
      throws Exception {
    DG14File file = new DG14File(new ByteArrayInputStream(dg14));
    ChipAuthenticationPublicKeyInfo key = key(file.getSecurityInfos(), id);
    EACCAResult result =
        service.doEACCA(id, oid, key.getObjectIdentifier(), key.getSubjectPublicKey());
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("ca.key_id", result.getKeyId());
    facts.put("ca.cipher", result.getWrapper().getEncryptionKey().getAlgorithm());
    return facts;
  }

  private static ChipAuthenticationPublicKeyInfo key(
      Iterable<SecurityInfo> infos, BigInteger id) {
    for (SecurityInfo info : infos) {
      if (info instanceof ChipAuthenticationPublicKeyInfo key
          && (id == null || id.equals(key.getKeyId()))) {
        return key;
      }
    }
    throw new IllegalArgumentException("no key for chip authentication has the id " + id);
  }

  /** PACE-CAM: is the mapping key of the chip that of EF.CardSecurity, times CA_IC? */
  static Map<String, Object> mapping(PACECAMResult result, byte[] cardSecurity, BigInteger id)
      throws Exception {
    CardSecurityFile file = new CardSecurityFile(new ByteArrayInputStream(cardSecurity));
    ECPublicKey key = (ECPublicKey) key(file.getSecurityInfos(), id).getSubjectPublicKey();
    PACEGMWithECDHMappingResult mapping = (PACEGMWithECDHMappingResult) result.getMappingResult();
    ECPublicKey mapped = (ECPublicKey) mapping.getPICCMappingPublicKey();
    ECPoint product = Util.multiply(chipAuthenticationData(result), key.getW(), key.getParams());
    return Map.of("cam.valid", product.equals(mapped.getW()));
  }

  /**
   * CA_IC out of what the chip sent. JMRTD decrypts it too, but takes the bits of -1 themselves for
   * the initialization vector, where section 4.4.3.5.4 has them encrypted.
   */
  private static BigInteger chipAuthenticationData(PACECAMResult result) throws Exception {
    SecretKey key = result.getWrapper().getEncryptionKey();
    byte[] ones = new byte[16];
    Arrays.fill(ones, (byte) 0xFF);
    Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
    cipher.init(Cipher.ENCRYPT_MODE, key);
    IvParameterSpec vector = new IvParameterSpec(cipher.doFinal(ones));
    cipher = Cipher.getInstance("AES/CBC/NoPadding");
    cipher.init(Cipher.DECRYPT_MODE, key, vector);
    byte[] padded = cipher.doFinal(result.getEncryptedChipAuthenticationData());
    return new BigInteger(1, Util.unpad(padded));
  }

  /** Active Authentication with {@code challenge}; {@code dg14} may be null. */
  static Map<String, Object> active(
      PassportService service, byte[] dg15, byte[] dg14, byte[] challenge) throws Exception {
    PublicKey key = new DG15File(new ByteArrayInputStream(dg15)).getPublicKey();
    String digest = dg14 == null ? null : digest(new DG14File(new ByteArrayInputStream(dg14)));
    AAResult result = service.doAA(key, digest, null, challenge);
    boolean valid =
        key instanceof RSAPublicKey rsa
            ? isRecovered(rsa, challenge, result.getResponse())
            : isSigned((ECPublicKey) key, digest, challenge, result.getResponse());
    return Map.of("aa.valid", valid);
  }

  /** The digest of the ActiveAuthenticationInfo, null where DG14 has none. */
  private static String digest(DG14File file) throws Exception {
    for (SecurityInfo info : file.getSecurityInfos()) {
      if (info instanceof ActiveAuthenticationInfo active) {
        String name =
            ActiveAuthenticationInfo.lookupMnemonicByOID(active.getSignatureAlgorithmOID());
        return name.substring(0, name.indexOf("with"));
      }
    }
    return null;
  }

  private static boolean isSigned(
      ECPublicKey key, String digest, byte[] challenge, byte[] answer) throws Exception {
    int size = (key.getParams().getOrder().bitLength() + 7) / 8;
    String encoding = answer.length == 2 * size ? "withPLAIN-ECDSA" : "withECDSA"; // else DER
    Signature signature =
        Signature.getInstance(digest + encoding, BouncyCastleProvider.PROVIDER_NAME);
    signature.initVerify(key);
    signature.update(challenge);
    return signature.verify(answer);
  }

  /** ISO/IEC 9796-2, scheme 1; the trailer says which digest. */
  private static boolean isRecovered(RSAPublicKey key, byte[] challenge, byte[] answer)
      throws Exception {
    byte[] opened =
        new BigInteger(1, answer).modPow(key.getPublicExponent(), key.getModulus()).toByteArray();
    boolean implicit = (opened[opened.length - 1] & 0xFF) == 0xBC;
    Digest digest = implicit ? DigestFactory.createSHA1() : digest(opened[opened.length - 2]);
    ISO9796d2Signer signer = new ISO9796d2Signer(new RSAEngine(), digest, implicit);
    signer.init(false, new RSAKeyParameters(false, key.getModulus(), key.getPublicExponent()));
    signer.updateWithRecoveredMessage(answer);
    signer.update(challenge, 0, challenge.length);
    return signer.verifySignature(answer);
  }

  /** By the identifiers of ISO/IEC 10118-3. */
  private static Digest digest(byte identifier) {
    return switch (identifier) {
      case 0x33 -> DigestFactory.createSHA1();
      case 0x34 -> DigestFactory.createSHA256();
      case 0x35 -> DigestFactory.createSHA512();
      case 0x36 -> DigestFactory.createSHA384();
      case 0x38 -> DigestFactory.createSHA224();
      default -> throw new IllegalArgumentException("no known trailer of ISO/IEC 9796-2");
    };
  }
}
