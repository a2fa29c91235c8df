#include "adapters/etcd/etcd_problem.h"

namespace baokms::adapters::etcd {

std::string_view AdviceFor(EtcdProblem problem) {
  switch (problem) {
    case EtcdProblem::kUnknownHost:
      return "the host name could not be resolved: check --etcd-endpoints";
    case EtcdProblem::kRefused:
      return "the connection was refused: check the address and port in --etcd-endpoints, and that "
             "etcd is running";
    case EtcdProblem::kUnreachable:
      return "could not connect: check the address in --etcd-endpoints, routes and firewalls";
    case EtcdProblem::kUntrusted:
      return "etcd's certificate is not valid under --etcd-cacert: use the CA that issued it "
             "(kubeadm: /etc/kubernetes/pki/etcd/ca.crt), and check its dates";
    case EtcdProblem::kOtherName:
      return "etcd's certificate is for another host: use a name or address from the certificate "
             "in --etcd-endpoints";
    case EtcdProblem::kClientCertificate:
      return "etcd refused the client certificate or requires one: give --etcd-cert and --etcd-key "
             "of a certificate issued by a CA in etcd's --trusted-ca-file (kubeadm: "
             "/etc/kubernetes/pki/etcd/healthcheck-client.crt and .key)";
    case EtcdProblem::kNoTls:
      return "the server at this address does not speak TLS: check the port in --etcd-endpoints, "
             "which must be etcd's client port";
    case EtcdProblem::kNotEtcd:
      return "the server at this address does not serve etcd's client API: check the port in "
             "--etcd-endpoints (2379; 2380 is for peers), and https:// or http://";
    case EtcdProblem::kSilent:
      return "etcd did not answer in time: check etcd's log and load";
    case EtcdProblem::kNotReady:
      return "etcd cannot serve requests: check its log and whether the cluster has a leader";
    case EtcdProblem::kDenied:
      return "etcd's access control denied the read: grant the certificate's user a role that may "
             "read the prefix (etcdctl role grant-permission)";
    case EtcdProblem::kCompacted:
      return "etcd compacted the revision that was being read: run the command again without "
             "--page-size and when etcd is less busy, because a census must end before "
             "kube-apiserver's next compaction (every five minutes)";
    case EtcdProblem::kOtherCluster:
      return "this endpoint is a member of a different etcd cluster than the previous one: use "
             "only members of one cluster in --etcd-endpoints";
    case EtcdProblem::kTooLarge:
      return "a single object is larger than 16 MiB, which is more than etcd is designed for: find "
             "it, or lower etcd's --max-request-bytes";
    case EtcdProblem::kUnreadable:
      return "the reply violates etcd's API: check that the endpoint is etcd itself and not a "
             "proxy";
    case EtcdProblem::kFailed:
      return "etcd answered with an error: check its log";
    case EtcdProblem::kBadCa:
      return "--etcd-cacert contains no PEM certificate: use the CA's certificate file";
    case EtcdProblem::kBadPair:
      return "--etcd-cert and --etcd-key are not a PEM certificate and its unencrypted key: use "
             "the two files of the same client";
  }
  return "etcd could not be read";
}

bool IsWorthAnotherTry(EtcdProblem problem) {
  switch (problem) {
    case EtcdProblem::kUnknownHost:
    case EtcdProblem::kRefused:
    case EtcdProblem::kUnreachable:
    case EtcdProblem::kUntrusted:
    case EtcdProblem::kOtherName:
    case EtcdProblem::kClientCertificate:
    case EtcdProblem::kNoTls:
    case EtcdProblem::kNotEtcd:
    case EtcdProblem::kSilent:
    case EtcdProblem::kNotReady:
    case EtcdProblem::kOtherCluster:
    case EtcdProblem::kUnreadable:
    case EtcdProblem::kFailed:
      return true;
    case EtcdProblem::kDenied:
    case EtcdProblem::kCompacted:
    case EtcdProblem::kTooLarge:
    case EtcdProblem::kBadCa:
    case EtcdProblem::kBadPair:
      return false;
  }
  return false;
}

}  // namespace baokms::adapters::etcd
