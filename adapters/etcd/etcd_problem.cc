#include "adapters/etcd/etcd_problem.h"

namespace baokms::adapters::etcd {

std::string_view AdviceFor(EtcdProblem problem) {
  switch (problem) {
    case EtcdProblem::kUnknownHost:
      return "the host name could not be resolved: check --etcd-endpoints";
    case EtcdProblem::kRefused:
      return "connection refused: check the address and port in --etcd-endpoints, and that etcd "
             "runs";
    case EtcdProblem::kUnreachable:
      return "no connection: check the address in --etcd-endpoints, routes and firewalls";
    case EtcdProblem::kUntrusted:
      return "etcd's certificate is not valid under --etcd-cacert: name the CA that issued it "
             "(kubeadm: /etc/kubernetes/pki/etcd/ca.crt), and look at its dates";
    case EtcdProblem::kOtherName:
      return "etcd's certificate is for another host: use a name or address that it holds in "
             "--etcd-endpoints";
    case EtcdProblem::kClientCertificate:
      return "etcd refused the client certificate, or wants one: give --etcd-cert and --etcd-key "
             "of a certificate that etcd's --trusted-ca-file has issued (kubeadm: "
             "/etc/kubernetes/pki/etcd/healthcheck-client.crt and .key)";
    case EtcdProblem::kNoTls:
      return "what answers there does not speak TLS: check the port in --etcd-endpoints, which "
             "must be etcd's client port";
    case EtcdProblem::kNotEtcd:
      return "what answers there is not etcd's client API: check the port in --etcd-endpoints "
             "(2379; 2380 is for peers), and https:// or http://";
    case EtcdProblem::kSilent:
      return "no answer in time: look at etcd's log and load";
    case EtcdProblem::kNotReady:
      return "etcd answers that it cannot serve: look at its log and whether the cluster has a "
             "leader";
    case EtcdProblem::kDenied:
      return "etcd's access control denied reading: grant the certificate's user a role that may "
             "read the prefix (etcdctl role grant-permission)";
    case EtcdProblem::kCompacted:
      return "etcd compacted the revision that was being read: run it again without --page-size "
             "and "
             "when etcd is less busy, for a census must end before kube-apiserver's next "
             "compactions (every five minutes)";
    case EtcdProblem::kOtherCluster:
      return "this endpoint belongs to another etcd cluster than the one before: name members of "
             "one cluster in --etcd-endpoints";
    case EtcdProblem::kTooLarge:
      return "one object alone is larger than 16 MiB, which is more than etcd is made for: find "
             "it, or lower etcd's --max-request-bytes";
    case EtcdProblem::kUnreadable:
      return "the reply breaks the rules of etcd's API: check that the endpoint is etcd itself and "
             "no proxy";
    case EtcdProblem::kFailed:
      return "etcd answered with an error: look at its log";
    case EtcdProblem::kBadCa:
      return "--etcd-cacert holds no certificate in PEM: name the CA's file";
    case EtcdProblem::kBadPair:
      return "--etcd-cert and --etcd-key are not a certificate and its own unencrypted key in "
             "PEM: name the two files of one client";
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
